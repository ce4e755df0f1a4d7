"""Campaigns, tracked links and the attribution of each order line (DESIGN §7)."""
