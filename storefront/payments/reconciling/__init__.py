"""Stripe's side and ours, compared: what differs is a gap, with a cause and a way to mend it."""
