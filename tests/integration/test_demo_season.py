"""The demo's season: lived through the services, so the books are in order after it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command

from catalog.clock import today
from cooperatives.routing.models import Consignment
from livestream.campaigns.models import LineAttribution
from storefront.aftersales.models import Refund
from storefront.demo import season
from storefront.impact import selectors
from storefront.order.models import Order


@pytest.mark.slow
def test_a_fresh_demo_has_sold_and_its_books_are_in_order(
    fresh_database: Any, stripe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Shorter than the demo's own, so that the suite is; nothing else is told to it.
    monkeypatch.setattr(season, "DAYS", 16)
    monkeypatch.setattr(season, "ORDERS", 12)
    stripe.reset()

    call_command("load_demo", stdout=io.StringIO())

    orders = Order.objects.count()
    assert orders >= 9
    assert all(order.date_placed.date() < today() for order in Order.objects.all())
    delivered = Consignment.objects.filter(state=Consignment.State.DELIVERED).count()
    assert delivered >= orders // 2
    assert not Refund.objects.exclude(state=Refund.State.DONE).exists()
    assert LineAttribution.objects.filter(campaign__isnull=False).exists()
    cache.clear()
    assert selectors.totals().sold_fen > 0
    # a fault of the books, or a gap, would end these with another status
    said = io.StringIO()
    call_command("verify_books", stdout=io.StringIO())
    call_command("reconcile_payments", "--since", f"{today() - timedelta(days=99)}", stdout=said)
    assert said.getvalue() == "0 open gaps, 0 pending\n"

    call_command("load_demo", stdout=io.StringIO())
    assert Order.objects.count() == orders
