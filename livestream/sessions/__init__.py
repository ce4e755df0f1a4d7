"""Live sessions: what is prepared before one, and the moves of its state."""
