"""Public pages are kept as they were rendered, and served while nothing they show has changed.

`watching` follows what changes in the database; `recording` notes what a page shows while it is
rendered; `body` puts into a kept page what is its visitor's own; `store` holds the pages;
`middleware` serves them. ADR 0017 says why it is like this.
"""
