"""A live room's part of the rich chain: sales at a flash price and after it, given up, open."""

from datetime import timedelta
from typing import Any

from catalog.clock import now
from livestream.offers.selectors import source_of
from livestream.offers.services import begin_flash, end_flash
from livestream.sessions.services import limit_item, move
from storefront.payments.services import abandon
from tests.support import chain
from tests.support.sessions import make_session


def make_room(seller: Any, campaign: Any, staff: Any) -> dict[str, Any]:
    """Make a session that is live, with its sales, one still being paid. Gives the orders."""
    kiwi = chain.make_produce("KIWI")
    pack = chain.make_pack(kiwi, [seller], net_grams=1000, price_fen=1600, prices=[1000])
    chain.deliver("A-001", kiwi, 20_000, days_ago=1)
    session = make_session(packs=[pack], campaign_id=campaign.pk, ends_at=now() + timedelta(days=2))
    item = session.shelf.get()
    limit_item(session.pk, item.pk, 9)
    for state in ("scheduled", "live"):
        move(session, state, staff, "desk")
    line = (pack, 2, source_of(session.pk))
    first = begin_flash(item, price_fen=1200, seconds=600, quantity=5, per_buyer=4, actor=staff)
    orders = {"flash": chain.buy([line])}
    abandon(chain.start([line]).uuid)
    end_flash(first, staff)
    orders["after the flash"] = chain.buy([line])
    begin_flash(item, price_fen=1100, seconds=600, quantity=5, per_buyer=4, actor=staff)
    chain.start([line])
    return orders
