"""Farm households: their lots, their harvest promises."""
