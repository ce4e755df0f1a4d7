"""The chain where it frays: what happens between two steps, or long after one."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.test import Client

from catalog.clock import now
from cooperatives.ledger.models import Posting
from cooperatives.partner import stock
from cooperatives.partner.models import StockPool
from storefront.payments import gateway
from storefront.payments.models import PaymentAttempt
from tests.support import chain

pytestmark = pytest.mark.django_db
State = PaymentAttempt.State


def balance(kind: str) -> int:
    """Debits less credits of all accounts of a kind, in fen."""
    return Posting.objects.filter(account__kind=kind).aggregate(s=Sum("amount_fen"))["s"] or 0


# Routing and holding


def test_a_pool_that_turns_stale_during_a_hold_is_not_held_twice(stripe, monkeypatch):
    # given a promise whose picking days in time are full, and midnight just after the UPDATE
    grove = chain.make_grove(grams=0)
    chain.promise("COOP-A-001", grove.produce, 50_000, per_day=5000)
    pool = chain.pool_of(grove.partner, grove.produce)
    real = stock.picking.book

    def at_midnight(pool_id, *, to_pick):
        monkeypatch.setattr(stock.picking, "book", real)
        StockPool.objects.filter(pk=pool_id).update(next_change_at=now())
        return False

    monkeypatch.setattr(stock.picking, "book", at_midnight)

    with pytest.raises(stock.OutOfStock):
        stock.reserve(uuid.uuid4(), {pool.pk: 2500}, now() + timedelta(minutes=15))


# Stripe


def refuse(*arguments, **more):
    raise gateway.GatewayRefused("No such payment_intent")


def in_session_of(attempt: PaymentAttempt) -> Client:
    browser = Client()
    session = browser.session
    session["payment_attempts"] = [str(attempt.uuid)]
    session.save()
    browser.cookies["sessionid"] = session.session_key
    return browser


# Placing


# Lots that are drawn


# Refunds
