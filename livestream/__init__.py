"""How it is promoted, and what that sold."""
