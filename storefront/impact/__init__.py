"""What the shop achieved, in public: exact figures from the ledger, and nobody's income among them.

docs/impact.md says what each figure is and the disclosure rule (ADR 0013).
"""
