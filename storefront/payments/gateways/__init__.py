"""The ways a payment comes in, each behind the interface of `base.Gateway`."""
