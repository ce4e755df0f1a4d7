"""What a live session sold, and the figures that are made of it."""
