"""The portal's pages. Thin: selectors read, services write."""
