"""Our own video of a live session: who may send it, and where it is played."""
