"""The books proved: what the chain's tables say, checked against each other and against Stripe."""
