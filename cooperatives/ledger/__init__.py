"""The double-entry ledger: accounts, the one function that posts, and what the database holds."""
