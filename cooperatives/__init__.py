"""Who grows it, packs it and is paid."""
