"""A stand-in for Stripe: a small server that speaks Stripe's protocol, with test cards only.

It exists so that a clone can take payments, and the tests can break them, without an account and
without a network. It is a process of its own (`python -m deploy.stripe_sandbox`): the application
knows a base address, keys and a script address, and nothing else of it. No application package
imports this one, this one imports none of theirs, and production packages leave it out.

What it speaks: PaymentIntents, PaymentMethods (cards), Charges, Refunds, Disputes, Payouts,
balance transactions, events and signed webhooks; a script with the calls of stripe.js that a card
form needs (`/v3/`); faults (`/_sandbox/faults`) and what happens without the shop, from a refund at
the dashboard to a bank's verdict (`/_sandbox/disputes` …, `/dashboard`). Where it knowingly differs
from Stripe:

- the balance transaction is there as soon as the charge is (Stripe's may come a moment later);
- a payment that is processing has no charge yet, and a payout asked for by `/_sandbox/payouts`
  takes what is pending too;
- a charge can be disputed once, evidence is text alone, and only a dispute that is won leaves the
  charge refundable;
- a parameter of Stripe's that it cannot honour is refused, never ignored;
- customers, set-up intents, manual capture and every payment method but cards are missing.
"""
