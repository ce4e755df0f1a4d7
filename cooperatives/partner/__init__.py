"""Cooperatives (Oscar's partners), their stock pools, and the stock journal."""
