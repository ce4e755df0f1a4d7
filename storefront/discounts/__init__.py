"""Offers, vouchers and gift vouchers: who gives a discount, how often, and out of whose money."""
