"""A cooperative at work, made through the services: for the portal's tests."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from catalog.clock import now, today
from catalog.numbers import to_yuan
from cooperatives.households.models import Lot
from cooperatives.households.services import NewLot, deliver_lots
from cooperatives.ledger.models import Account, Posting
from cooperatives.partner import stock
from cooperatives.partner.models import Partner, StockMove, StockPool
from cooperatives.portal.models import Membership
from cooperatives.routing.models import (
    Consignment,
    ConsignmentEvent,
    ConsignmentLine,
    Draw,
)
from cooperatives.routing.services import NewLine, create_consignments
from cooperatives.settlement.models import SalesPool, SharingOut
from storefront.order.models import Order
from tests.support.sold import Farm

_numbers = itertools.count(1)


class QuietMessages:
    """Stands in for the mail: remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def consignment_changed(self, consignment_id: int, state: str) -> None:
        self.told.append((consignment_id, state))

    def chat_text(self, consignment_id: int, state: str) -> str:
        return ""


def person(*places: tuple[Partner, str], **fields: Any) -> Any:
    """Make a person with roles in cooperatives: (partner, "manager")."""
    user = get_user_model().objects.create(email=f"person{next(_numbers)}@example.org", **fields)
    for partner, role in places:
        Membership.objects.create(user=user, partner=partner, role=role)
    return user


def signed_in(user: Any) -> Client:
    """A browser in English where this person is signed in."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def deliver(farm: Farm, grams: int, *, household: int = 0, on: date | None = None) -> Lot:
    """A household delivers a lot."""
    new = NewLot(
        f"LOT-{next(_numbers)}",
        farm.households[household].pk,
        farm.produce.pk,
        farm.partner.pk,
        on or today(),
        grams,
        "A",
    )
    return deliver_lots([new])[0]


def buy(farm: Farm, packs: int = 1, *, fen: int = 2500, hours: int = 48) -> Consignment:
    """An order of some packs that is paid: reserved, sold, booked. `fen` is a pack's price."""
    address = get_model("order", "ShippingAddress").objects.create(
        first_name="收件人",
        phone_number="+8613800000001",
        state="广东省",
        line4="广州市",
        line3="天河区",
        line1="五山路一号",
        country=_china(),
    )
    total = to_yuan(fen * packs)
    order = Order.objects.create(
        number=f"P{next(_numbers):06}",
        currency="CNY",
        status="paid",
        date_placed=now(),
        total_incl_tax=total,
        total_excl_tax=total,
        shipping_incl_tax=0,
        shipping_excl_tax=0,
        guest_email="buyer@example.org",
        shipping_address=address,
    )
    line = order.lines.create(
        partner=farm.partner,
        partner_sku=farm.pack.upc,
        product=farm.pack,
        title=farm.pack.title,
        quantity=packs,
        line_price_incl_tax=total,
        line_price_excl_tax=total,
        line_price_before_discounts_incl_tax=total,
        line_price_before_discounts_excl_tax=total,
        num_allocated=0,
    )
    return _book(farm, order, line.pk, packs, fen * packs, hours)


def _china() -> Any:
    return get_model("address", "Country").objects.get_or_create(
        iso_3166_1_a2="CN", defaults={"printable_name": "China", "is_shipping_country": True}
    )[0]


def _book(
    farm: Farm, order: Order, line_id: int, packs: int, net_fen: int, hours: int
) -> Consignment:
    grams = packs * farm.pack.net_grams
    new = NewLine(
        line_id,
        farm.pack.pk,
        farm.partner.pk,
        farm.pool.pk,
        packs,
        grams,
        net_fen,
        farm.produce.return_days,
        hours,
    )
    reference = uuid4()
    with transaction.atomic():
        stock.reserve(reference, {farm.pool.pk: grams}, now() + timedelta(minutes=15))
        made = create_consignments(order.pk, order.number, [new], {}, now())
        stock.sell(reference, {farm.pool.pk: grams})
    return made[0]


TABLES = (
    Consignment,
    ConsignmentLine,
    ConsignmentEvent,
    Draw,
    Lot,
    StockPool,
    StockMove,
    SalesPool,
    SharingOut,
    Account,
    Posting,
)


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Fails if a row of the chain's tables is other than before."""

    def rows() -> dict[str, list]:
        return {
            model.__name__: list(model.objects.order_by("pk").values_list()) for model in TABLES
        }

    before = rows()
    yield
    assert rows() == before


@contextmanager
def at_most(number: int) -> Iterator[None]:
    """Fails, with the list, if more queries than this are sent."""
    with CaptureQueriesContext(connection) as queries:
        yield
    texts = [query["sql"][:160] for query in queries.captured_queries]
    assert len(texts) <= number, "\n".join([f"{len(texts)} queries", *texts])
