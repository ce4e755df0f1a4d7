"""Flash prices and limits of a live room: what a desk may offer, what a buyer pays for it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import override
from oscar.core.loading import get_model

from catalog.clock import now
from cooperatives.ledger.models import Posting
from livestream.campaigns.models import LineAttribution
from livestream.offers.models import FlashCount, FlashPrice, ItemCount, RoomHold
from livestream.offers.selectors import shelf_now, source_of
from livestream.offers.services import CannotOffer, begin_flash, end_flash
from livestream.sessions.models import LiveSession
from livestream.sessions.services import limit_item, move
from storefront.accounts.blanking import blank_attempt
from storefront.accounts.models import User
from storefront.books.runner import check_database
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from storefront.payments.quote import quote, quote_goods
from storefront.payments.services import CannotPay, abandon, release, start_payment
from tests.support import chain, shoppers
from tests.support.sessions import make_session

BasketLine = get_model("basket", "Line")
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def host() -> User:
    return User.objects.create_user(email="host@example.org", password="pears-4-me")


def on_air(host: User, *packs: Any, limit: int | None = None, **more: Any) -> LiveSession:
    """A session that is live, with these packs on its shelf."""
    session = make_session(packs=packs, **more)
    if limit is not None:
        limit_item(session.pk, session.shelf.get().pk, limit)
    for state in ("scheduled", "live"):
        move(session, state, host, "desk")
    return session


def flash(session: LiveSession, host: User, **more: Any) -> FlashPrice:
    given = {"price_fen": 1980, "seconds": 300, "quantity": 10, "per_buyer": 2} | more
    return begin_flash(session.shelf.get(), **given, actor=host)


def test_the_shelf_says_what_a_pack_costs_now(host, django_assert_num_queries):
    # given a session with two packs, one of them at a flash price
    grove, other = chain.make_grove("A"), chain.make_grove("B", price_fen=3000)
    session = on_air(host, cheap(grove), other.pack)
    begun = begin_flash(
        session.shelf.get(pack=grove.pack),
        price_fen=1980,
        seconds=300,
        quantity=10,
        per_buyer=2,
        actor=host,
    )

    with django_assert_num_queries(3):
        shelf = shelf_now(session)

    assert [(row.pack_id, row.price_fen, row.full_price_fen, row.available) for row in shelf] == [
        (grove.pack.pk, 1980, 2480, 40),
        (other.pack.pk, 3000, 3000, 40),
    ]
    assert shelf[0].flash == begun
    assert shelf[0].flash.left == 10

    # when the desk ends it, the full price is back
    end_flash(begun, host)
    assert [row.price_fen for row in shelf_now(session)] == [2480, 3000]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"price_fen": 2480}, "price"),
        ({"price_fen": 0}, "price"),
        ({"price_fen": 1899}, "price"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 86_401}, "seconds"),
        ({"quantity": 0}, "quantity"),
        ({"per_buyer": 0}, "per_buyer"),
    ],
)
def test_a_flash_price_that_cannot_be_is_refused(host, given, field):
    # given a pack of ¥24.80 that two cooperatives sell, which accept ¥19.00 and ¥18.00 at least
    one, two = chain.make_cooperative("ONE"), chain.make_cooperative("TWO")
    pack = chain.make_pack(chain.make_produce("XX"), [one, two], prices=[1900, 1800])
    session = on_air(host, pack)

    with pytest.raises(CannotOffer) as refused:
        flash(session, host, **given)

    assert refused.value.field == field
    assert not FlashPrice.objects.exists()


def test_a_flash_price_is_for_a_session_that_is_live(host):
    session = make_session(packs=[cheap(chain.make_grove())])

    with pytest.raises(CannotOffer, match="live"):
        flash(session, host)

    assert not FlashPrice.objects.exists()


def test_one_flash_price_of_an_item_runs_at_a_time(host):
    session = on_air(host, cheap(chain.make_grove()))
    first = flash(session, host)

    with pytest.raises(CannotOffer, match="running"):
        flash(session, host)
    with pytest.raises(IntegrityError, match="flash_one_at_a_time"), transaction.atomic():
        FlashPrice.objects.create(
            item=first.item,
            price_fen=1,
            quantity=1,
            begins_at=now(),
            ends_at=now() + timedelta(1),
            actor=host,
        )
    assert FlashPrice.objects.count() == 1

    # when its time is over, another may begin; the first ended when it said
    over = now() - timedelta(seconds=1)
    FlashPrice.objects.update(begins_at=over - timedelta(seconds=9), ends_at=over)
    second = flash(session, host, price_fen=1990)
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by) == (over, None)
    assert [row.price_fen for row in shelf_now(session)] == [1990]
    assert end_flash(second, host).ended_by == host


def cheap(grove: chain.Grove) -> Any:
    """The grove's pack, whose cooperative accepts ¥10.00 for it."""
    grove.pack.stockrecords.update(price="10.00")
    return grove.pack


def from_room(session: LiveSession, pack: Any, packs: int = 1) -> tuple:
    """A basket's line as the room's button puts it in."""
    return (pack, packs, source_of(session.pk))


def counters(flash_price: FlashPrice) -> tuple[int, int]:
    flash_price.refresh_from_db()
    return flash_price.held, flash_price.sold


def books() -> list[str]:
    """What verify_books finds at fault of the database."""
    with connection.cursor() as cursor:
        return [result.detail for result in check_database(cursor) if not result.ok]


def test_a_flash_price_is_what_the_buyer_pays_and_the_cooperative_is_credited_from(host, stripe):
    # given a pack of ¥24.80 at ¥19.80 in the room
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    begun = flash(session, host)

    # when one buyer buys two in the room and one from the catalogue
    order = chain.buy([from_room(session, grove.pack, 2), (grove.pack, 1)])

    # then only the room's line has the flash price, and says so in its evidence
    rows = LineAttribution.objects.order_by("order_line_id")
    assert [(row.rule, row.evidence) for row in rows] == [
        (
            "room",
            {"session": session.pk, "flash": begun.pk, "unit_fen": 1980, "full_fen": 2480},
        ),
        ("none", {}),
    ]
    lines = list(order.lines.order_by("pk"))
    assert [(line.unit_price_incl_tax, line.quantity) for line in lines] == [
        (Decimal("19.80"), 2),
        (Decimal("24.80"), 1),
    ]
    sales = Posting.objects.filter(account__kind="sales").values_list("amount_fen", flat=True)
    assert sorted(sales) == [-3960, -2480]
    assert counters(begun) == (0, 2)
    assert books() == []


def test_what_is_given_up_is_free_again_for_all_and_for_its_buyer(host, stripe):
    grove = chain.make_grove()
    session = on_air(host, cheap(grove), limit=3)
    begun = flash(session, host, quantity=2)

    attempt = chain.start([from_room(session, grove.pack, 2)])
    assert counters(begun) == (2, 0)
    assert shelf_now(session)[0].flash is None
    assert books() == []
    abandon(attempt.uuid)

    assert counters(begun) == (0, 0)
    assert {count.packs for count in FlashCount.objects.all()} == {0}
    assert {count.packs for count in ItemCount.objects.all()} == {0}
    assert shelf_now(session)[0].flash == begun
    assert books() == []


@pytest.mark.parametrize(
    ("packs", "given", "why"),
    [
        (3, {}, "You can have 2 packs at the flash price."),
        (2, {"quantity": 1}, "You can have 1 pack at the flash price."),
    ],
)
def test_more_than_the_flash_price_is_for_costs_the_full_price_and_says_why(
    host, packs, given, why
):
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    begun = flash(session, host, **given)
    basket = chain.make_basket([from_room(session, grove.pack, packs)])

    with override("en"):
        priced = quote_goods(basket)

    assert priced.goods_fen == packs * 2480
    assert priced.room[0].why == why
    assert counters(begun) == (0, 0)


def test_a_buyer_who_had_all_one_may_have_pays_the_full_price(host, stripe):
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    begun = flash(session, host)
    chain.buy([from_room(session, grove.pack, 2)])

    # the same phone and e-mail in another basket
    attempt = chain.start([from_room(session, grove.pack, 1)])

    assert attempt.snapshot["lines"][0]["unit_fen"] == 2480
    assert counters(begun) == (0, 2)
    assert books() == []


def test_no_buyer_is_charged_other_than_shown_when_a_flash_price_ends(host):
    # given a review that showed two packs for ¥39.60 and ¥12.00 of freight
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    begun = flash(session, host)
    chain.make_freight()
    basket = chain.make_basket([from_room(session, grove.pack, 2)])
    shown = quote(basket, "北京").total_fen

    # when the desk ends the flash price and the buyer pays
    end_flash(begun, host)
    with pytest.raises(CannotPay) as refused:
        start_payment(
            basket,
            contact=chain.CONTACT,
            address=chain.ADDRESS,
            language="en",
            expected_fen=shown,
        )

    assert (refused.value.kind, refused.value.total_fen) == ("changed", shown + 1000)
    assert PaymentAttempt.objects.count() == 0
    assert counters(begun) == (0, 0)


def test_the_limit_of_an_item_holds_for_each_buyer_over_all_payments(host, stripe):
    grove = chain.make_grove()
    session = on_air(host, grove.pack, limit=3)
    chain.buy([from_room(session, grove.pack, 2)])

    with pytest.raises(CannotPay) as refused:
        chain.start([from_room(session, grove.pack, 2)])

    assert refused.value.kind == "above_limit"
    assert set(refused.value.available.values()) == {1}
    chain.buy([from_room(session, grove.pack, 1)])
    assert {count.packs for count in ItemCount.objects.all()} == {3}
    # and the catalogue's own is another matter
    chain.buy([(grove.pack, 4)])
    assert books() == []


def test_a_late_payment_takes_its_flash_price_again_or_is_refunded(host, stripe):
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    begun = flash(session, host, quantity=2)
    late = chain.start([from_room(session, grove.pack, 2)])
    chain.pay(late)
    # given that it was released, as when Stripe could not be reached in time
    release(late.uuid)
    assert counters(begun) == (0, 0)

    # when its time is over and it is paid all the same
    end_flash(begun, host)
    assert finalize(late.uuid).kind == "order"
    assert counters(begun) == (0, 2)
    assert books() == []

    # but where others took it meanwhile, the money goes back
    again = flash(session, host, quantity=2, per_buyer=None)
    second = chain.start([from_room(session, grove.pack, 2)])
    chain.pay(second)
    release(second.uuid)
    chain.start([from_room(session, grove.pack, 1)])
    assert finalize(second.uuid).kind == "refunded"
    assert counters(again) == (1, 0)
    assert [fault for fault in books() if "refund" not in fault] == []


def test_a_cooperative_that_asks_more_meanwhile_is_not_credited_from_less(host):
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    flash(session, host)
    grove.pack.stockrecords.update(price="20.00")

    priced = quote_goods(chain.make_basket([from_room(session, grove.pack)]))

    assert priced.goods_fen == 2480


def test_a_rehearsal_and_a_session_that_is_over_have_no_flash_price(host):
    grove = chain.make_grove()
    rehearsal = on_air(host, cheap(grove), rehearsal=True)
    flash(rehearsal, host)
    over = on_air(host, grove.pack)
    flash(over, host)
    move(over, "ended", host, "desk")

    for session in (rehearsal, over):
        basket = chain.make_basket([from_room(session, grove.pack)])
        assert quote_goods(basket).goods_fen == 2480


def address(session: LiveSession) -> str:
    return reverse("shop:room-buy", args=[session.pk, session.shelf.get().pk])


def test_a_viewer_buys_without_javascript_and_comes_back_to_the_room(host, client):
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    flash(session, host)

    response = client.post(address(session), {"quantity": "2"}, headers={"accept-language": "en"})

    assert response.status_code == 302
    assert response["Location"].startswith(f"/live/{session.pk}/#item-")
    line = BasketLine.objects.get()
    assert (line.quantity, line.price_incl_tax) == (2, Decimal("19.80"))
    assert line.line_reference.endswith(f"~room:{session.pk}")
    shown = client.get(reverse("shop:basket")).content.decode()
    assert "39.60" in shown
    straight = client.post(address(session), {"quantity": "1", "then": "checkout"})
    assert straight["Location"].startswith(f"/live/{session.pk}/")  # three: above the maximum


def test_a_script_is_told_in_json_and_a_refusal_changes_nothing(host, client):
    grove = chain.make_grove()
    session = on_air(host, cheap(grove))
    flash(session, host)
    headers = {"accept": "application/json", "accept-language": "en"}

    good = client.post(address(session), headers=headers)
    bad = client.post(address(session), {"quantity": "2"}, headers=headers)

    assert (good.status_code, good.json()["ok"], good.json()["packs"]) == (200, True, 1)
    assert (bad.status_code, bad.json()["ok"], bad.json()["packs"]) == (409, False, 1)
    assert bad.json()["message"] == "You can have 2 packs at the flash price."


@pytest.mark.parametrize("way", ["rehearsal", "scheduled", "ended"])
def test_a_room_that_does_not_sell_says_so(host, client, way):
    grove = chain.make_grove()
    if way == "scheduled":
        session = make_session(packs=[grove.pack])
        move(session, "scheduled", host, "desk")
    else:
        session = on_air(host, grove.pack, rehearsal=way == "rehearsal")
    if way == "ended":
        move(session, "ended", host, "desk")

    response = client.post(
        address(session), headers={"accept": "application/json", "accept-language": "en"}
    )

    assert response.status_code == 409
    assert ("rehearsal" if way == "rehearsal" else "not live") in response.json()["message"]
    assert not BasketLine.objects.exists()


def test_what_is_not_on_the_shelf_or_only_a_draft_is_missing(host, client):
    draft, other = make_session(packs=[chain.make_grove().pack]), on_air(host)

    assert client.post(address(draft)).status_code == 404
    item = draft.shelf.get().pk
    assert client.post(reverse("shop:room-buy", args=[other.pk, item])).status_code == 404
    assert not BasketLine.objects.exists()


def test_the_review_shows_what_a_price_was_when_the_flash_price_is_over(host, client):
    grove = chain.make_grove()
    chain.make_freight()
    session = on_air(host, cheap(grove))
    begun = flash(session, host)
    client.post(address(session), {"quantity": "2"})
    client.post(reverse("checkout:start"), shoppers.DELIVERY)
    end_flash(begun, host)

    shown = client.get(reverse("checkout:review"), headers={"accept-language": "en"})

    assert "The price was ¥19.80 when you chose it and is ¥24.80 now." in shown.content.decode()


def test_a_buyer_who_is_forgotten_still_counts_and_is_named_nowhere(host, stripe):
    # given two packs bought, two given up and one bought of another item, all limited
    grove = chain.make_grove()
    session = on_air(host, cheap(grove), limit=9)
    flash(session, host, per_buyer=5)
    chain.buy([from_room(session, grove.pack, 2)])
    abandon(chain.start([from_room(session, grove.pack, 2)]).uuid)
    chain.buy([from_room(session, grove.pack, 1)])

    for number, attempt in enumerate(PaymentAttempt.objects.order_by("created_at"), 1):
        blank_attempt(attempt)
        packs = FlashCount.objects.aggregate(packs=Sum("packs"))["packs"]
        assert (number, packs, books()) == (number, 6, [])

    for table in (FlashCount, ItemCount):
        assert {count.key.partition(":")[0] for count in table.objects.all()} == {"gone"}
    assert not RoomHold.objects.filter(buyer__icontains="13800000000").exists()
