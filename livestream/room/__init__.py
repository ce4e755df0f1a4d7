"""The room of a live session: what its viewers see, and the desk that it is run from."""
