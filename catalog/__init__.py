"""What is sold: produce, packs, seasons, provenance. Oscar's catalogue app, forked."""
