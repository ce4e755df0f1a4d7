"""The cooperative's own web pages."""
