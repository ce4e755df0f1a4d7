"""Which cooperative packs what: routing, consignments, freight."""
