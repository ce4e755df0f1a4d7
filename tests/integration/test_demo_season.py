"""The demo's season: lived through the services, so the books are in order after it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from catalog.clock import now, today
from cooperatives.households.village_files import load_villages
from cooperatives.routing.freight_file import load_freight
from cooperatives.routing.models import Consignment
from livestream.campaigns.models import Campaign, LineAttribution, TrackedLink
from storefront.aftersales.models import Refund
from storefront.demo import season
from storefront.demo.accounts import make_accounts
from storefront.impact import selectors, services
from storefront.management.commands.load_demo import FILES
from storefront.order.models import Order


@pytest.mark.slow
def test_a_fresh_demo_has_sold_and_its_books_are_in_order(
    fresh_database: Any, stripe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Shorter than the demo's own, so that the suite is.
    monkeypatch.setattr(season, "DAYS", 16)
    monkeypatch.setattr(season, "ORDERS", 12)
    stripe.reset()
    assert season.may_begin()
    past = season.Past(FILES / "villages")

    past.begin()
    load_freight(FILES / "freight.csv")
    campaign = Campaign.objects.create(
        code="c", name_zh="推", starts_at=now() - timedelta(days=30), ends_at=now()
    )
    TrackedLink.objects.create(code="DEMO-C", campaign=campaign, channel="c")
    make_accounts("a password of the demo")
    past.live()
    assert load_villages(FILES / "villages", as_of=today()).anything

    orders = list(Order.objects.all())
    assert len(orders) >= 9
    assert all(order.date_placed < now() - timedelta(hours=1) for order in orders)
    delivered = Consignment.objects.filter(state=Consignment.State.DELIVERED).count()
    assert delivered >= len(orders) // 2
    assert not Refund.objects.exclude(state=Refund.State.DONE).exists()
    assert LineAttribution.objects.filter(campaign=campaign).exists()
    services.count()
    assert selectors.totals().sold_fen > 0
    # a fault of the books, or a gap, would end these with another status
    call_command("verify_books", stdout=io.StringIO())
    said = io.StringIO()
    call_command("reconcile_payments", "--since", f"{today() - timedelta(days=99)}", stdout=said)
    assert said.getvalue() == "0 open gaps, 0 pending\n"
    assert not season.may_begin()
    assert not load_villages(FILES / "villages", as_of=today()).anything
