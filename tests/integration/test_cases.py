"""Damaged on arrival and other cases: who decides, what is paid, and what is refused."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from catalog.clock import now
from catalog.models import Produce
from cooperatives.ledger.models import Posting
from cooperatives.routing.models import ConsignmentLine
from cooperatives.settlement.models import ReleaseHold
from cooperatives.settlement.services import release_due
from storefront.accounts.models import User
from storefront.aftersales.cases import pictures, services
from storefront.aftersales.cases.models import Case, CaseEntry
from storefront.aftersales.cases.services import CaseRefused
from storefront.aftersales.models import Refund
from storefront.aftersales.services import CannotRefund, RefundWish, refund_lines
from storefront.books.runner import check_database
from storefront.notifications.models import Message
from tests.support import chain
from tests.support.cases import arrived, photo, words, write_case
from tests.support.rich_chain import send_everything

pytestmark = pytest.mark.django_db
DAY = 86_400
Author = CaseEntry.Author


@pytest.fixture
def grove(stripe):
    """Packs of ¥24.80: of four, 30 % are ¥29.76, so one pack is paid at once and two are not."""
    return chain.make_grove()


def held(line):
    return list(
        ReleaseHold.objects.filter(line=line, lifted_at__isnull=True).values_list("key", flat=True)
    )


def on(kind):
    """What lies on the accounts of a kind, in fen."""
    return sum(Posting.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))


def state_of(line):
    """All that a refused claim must leave as it was."""
    line.refresh_from_db()
    return (
        line.refunded_fen,
        Case.objects.count(),
        CaseEntry.objects.count(),
        Refund.objects.count(),
        ReleaseHold.objects.count(),
        Message.objects.count(),
    )


def books_are_in_order():
    """What verify_books finds of the database once the workers did their work: nothing."""
    send_everything()
    with connection.cursor() as cursor:
        return [(r.name, r.detail) for r in check_database(cursor) if not r.ok]


def test_within_the_limit_it_is_paid_at_once_and_above_it_held_for_the_cooperative(grove):
    order, line = arrived(grove)
    uuid = uuid4()

    first = write_case(order, line, packs=1, uuid=uuid)
    again = write_case(order, line, packs=1, uuid=uuid)
    second = write_case(order, line, packs=1)

    assert again == first
    assert (first.state, first.outcome, first.given_fen) == ("closed", "paid_at_once", 2480)
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason, refund.bearer) == (2480, "damaged", "cooperative")
    # Both together are ¥49.60: more than 30 % of the line.
    assert (second.state, second.outcome, second.asked_fen) == ("open", "", 2480)
    assert second.owner == "cooperative"
    assert held(line) == [f"case:{second.pk}"]
    assert second.due_at - second.created_at == timedelta(hours=48)
    line.refresh_from_db()
    assert (line.refunded_fen, line.cancelled_packs) == (2480, 0)
    assert Message.objects.filter(kind="case").count() == 1
    assert books_are_in_order() == []


def test_the_limits_are_the_produces(grove):
    order, line = arrived(grove)
    Produce.objects.update(auto_limit_bps=10_000, auto_limit_fen=2479)
    assert write_case(order, line, packs=1).outcome == ""

    order, line = arrived(grove)
    Produce.objects.update(auto_limit_bps=2500, auto_limit_fen=2480, claim_bearer="carrier")
    case = write_case(order, line, share_bps=2000)
    assert (case.outcome, case.given_fen) == ("paid_at_once", 1984)
    assert on("carrier_claim") == 1984

    Produce.objects.update(auto_limit_bps=0)
    order, line = arrived(grove)
    case = write_case(order, line, share_bps=1000)
    # Another's money: the cooperative does not decide about it.
    assert (case.outcome, case.owner, case.bearer) == ("", "staff", "carrier")


def test_nobody_is_paid_at_once_without_end(grove, settings):
    settings.CLAIMS_PAID_AT_ONCE = 2
    outcomes = []
    for _ in range(3):
        order, line = arrived(grove)
        outcomes.append(write_case(order, line, packs=1).outcome)

    assert outcomes == ["paid_at_once", "paid_at_once", ""]


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"packs": 5}, "4 packs"),
        ({"packs": 0}, "4 packs"),
        ({"share_bps": 1500}, "10 %"),
        ({"share_bps": 11_000}, "10 %"),
        ({}, "how much"),
        ({"packs": 1, "share_bps": 1000}, "how much"),
        ({"kind": "dispute", "packs": 1}, "no such kind"),
        ({"kind": "late"}, "cannot be claimed"),
    ],
)
def test_what_cannot_be_claimed_changes_nothing(grove, how, why):
    from django.utils.translation import override

    order, line = arrived(grove)
    before = state_of(line)

    with override("en"), pytest.raises(CaseRefused, match=why):
        write_case(order, line, **how)

    assert state_of(line) == before


def test_a_foreign_line_and_another_orders_form_change_nothing(grove):
    order, line = arrived(grove)
    other, others_line = arrived(grove)
    case = write_case(order, line, packs=2)
    before = state_of(others_line)

    with pytest.raises(ConsignmentLine.DoesNotExist):
        write_case(order, others_line, packs=1)
    with pytest.raises(CaseRefused):
        write_case(other, others_line, packs=1, uuid=case.uuid)
    with pytest.raises(CaseRefused):
        write_case(order, line, packs=1)  # one is open

    assert state_of(others_line) == before


def test_the_time_to_claim_ends(grove, set_clock):
    order, line = arrived(grove)
    set_clock(2 * DAY - 60)
    assert write_case(order, line, packs=1).outcome == "paid_at_once"
    set_clock(2 * DAY + 60)
    before = state_of(line)

    with pytest.raises(CaseRefused):
        write_case(order, line, packs=1)

    assert state_of(line) == before
    assert write_case(order, line, kind="other").owner == "staff"


def test_never_above_what_was_paid(grove):
    order, line = arrived(grove)
    refund_lines(order.pk, [RefundWish(line.pk, amount_fen=9000)], bearer="programme")
    Produce.objects.update(auto_limit_bps=0)
    case = write_case(order, line, share_bps=10_000)
    assert case.asked_fen == 920

    with pytest.raises(CannotRefund):
        services.decide(case.pk, words(Author.STAFF), amount_fen=921)
    case.refresh_from_db()
    assert (case.state, case.given_fen) == ("open", 0)

    services.decide(case.pk, words(Author.STAFF), amount_fen=None)
    line.refresh_from_db()
    assert line.refunded_fen == line.net_fen == 9920
    with pytest.raises(CaseRefused):
        write_case(order, line, packs=1)
    assert books_are_in_order() == []


def test_a_part_from_the_cooperative_the_rest_from_staff_then_the_credits_go(grove, set_clock):
    order, line = arrived(grove)
    case = write_case(order, line, packs=3)
    clerk = User.objects.create(email="clerk@example.org")
    decision = words(Author.COOPERATIVE, "一半", clerk)

    services.decide(case.pk, decision, amount_fen=3000)
    services.decide(case.pk, decision, amount_fen=3000)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.given_fen) == ("decided", "part", 3000)
    assert held(line) == []

    services.escalate(case.pk, words(Author.BUYER, "不同意"))
    case.refresh_from_db()
    assert (case.state, case.owner, case.outcome) == ("open", "staff", "")
    set_clock(9 * DAY)
    assert release_due() == 0
    with pytest.raises(CaseRefused):  # it is with staff now
        services.decide(case.pk, words(Author.COOPERATIVE, "不", clerk), amount_fen=0)

    services.decide(case.pk, words(Author.STAFF), amount_fen=None, bearer="programme")
    case.refresh_from_db()
    assert (case.state, case.outcome, case.given_fen) == ("closed", "agreed", 7440)
    assert on("programme_expense") == 4440
    with pytest.raises(CaseRefused):
        services.escalate(case.pk, words(Author.BUYER))
    with pytest.raises(CaseRefused):
        services.decide(case.pk, words(Author.STAFF), amount_fen=100)
    assert release_due() == 1
    assert books_are_in_order() == []


def test_a_refusal_needs_its_reason_and_closes_after_a_week(grove, set_clock):
    order, line = arrived(grove)
    case = write_case(order, line, packs=2)
    with pytest.raises(CaseRefused):
        services.decide(case.pk, words(Author.COOPERATIVE, " "), amount_fen=0)

    services.decide(case.pk, words(Author.COOPERATIVE, "图片是别家的"), amount_fen=0)

    case.refresh_from_db()
    assert (case.state, case.outcome, case.given_fen) == ("decided", "refused", 0)
    set_clock(7 * DAY - 60)
    assert services.close_what_is_over() == 0
    set_clock(7 * DAY + 60)
    with pytest.raises(CaseRefused):
        services.escalate(case.pk, words(Author.BUYER))
    assert services.close_what_is_over() == 1
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "refused")


def test_a_question_waits_for_the_buyer_and_an_answer_brings_it_back(grove, set_clock):
    order, line = arrived(grove)
    answered = write_case(order, line, packs=2)
    services.reply(answered.pk, words(Author.COOPERATIVE, "请拍箱子"), ask=True)
    answered.refresh_from_db()
    assert answered.state == "waiting_buyer"
    services.reply(answered.pk, words(Author.BUYER, "好"))
    answered.refresh_from_db()
    assert (answered.state, len(held(line))) == ("open", 1)
    services.reply(answered.pk, words(Author.COOPERATIVE, "还有吗"), ask=True)

    set_clock(8 * DAY)
    assert services.close_what_is_over() == 1

    answered.refresh_from_db()
    assert (answered.state, answered.outcome, held(line)) == ("closed", "no_answer", [])
    with pytest.raises(CaseRefused):
        services.reply(answered.pk, words(Author.BUYER, "?"))
    assert books_are_in_order() == []


def test_pictures_are_made_anew_and_what_is_none_is_refused():
    made = pictures.make_anew(photo(size=(3000, 1500)))
    seen = Image.open(io.BytesIO(made.read()))

    assert (seen.format, seen.size, dict(seen.getexif())) == ("JPEG", (1600, 800), {})
    big = photo()
    big.size = pictures.MOST_BYTES + 1
    for sent in (
        big,
        SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>"),
        SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        SimpleUploadedFile("a.jpg", photo().read()[:200]),
        photo(kind="GIF"),
        # A few kilobytes, 84 MB of memory: nothing unpacks it at a fraction of its size.
        photo(size=(6000, 3500), kind="PNG"),
    ):
        with pytest.raises(ValidationError):
            pictures.make_anew(sent)


def test_the_buyer_sends_the_form_once_however_often(client, grove):
    from storefront.order.links import order_key

    order, line = arrived(grove)
    address = f"/orders/{order.number}/lines/{line.pk}/case/?key={order_key(order.number)}"
    assert client.get(address.partition("?")[0]).status_code == 404
    sent = {"uuid": str(uuid4()), "kind": "damaged", "extent": "packs:1", "text": "<b>坏</b>"}
    before = state_of(line)

    for extra in (
        {},
        {"pictures": [SimpleUploadedFile("a.jpg", b"no")]},
        {"pictures": [photo() for _ in range(7)]},
        {"pictures": [photo()], "extent": "packs:9"},
        {"pictures": [photo()], "kind": "dispute"},
    ):
        assert client.post(address, {**sent, **extra}).status_code == 422
    assert state_of(line) == before

    first = client.post(address, {**sent, "pictures": [photo(), photo()]})
    second = client.post(address, {**sent, "pictures": [photo()]})

    case = Case.objects.get()
    assert first.url == second.url
    assert f"#case-{case.pk}" in first.url
    page = client.get(first.url).content.decode()
    assert "&lt;b&gt;坏&lt;/b&gt;" in page and "¥24.80" in page
    one = case.entries.get(action="opened").pictures.first()
    picture = f"/orders/{order.number}/case-pictures/{one.pk}/"
    assert picture in page
    assert client.get(picture).status_code == 404
    shown = client.get(f"{picture}?key={order_key(order.number)}")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert "private" in shown.headers["Cache-Control"]
    assert "/media/" not in page


def test_another_orders_case_is_missing_and_nothing_changes(client, grove):
    from storefront.order.links import order_key

    order, line = arrived(grove)
    other, others_line = arrived(grove)
    case = write_case(order, line, packs=2)
    key = f"?key={order_key(other.number)}"
    before = state_of(line)

    for address in (
        f"/orders/{other.number}/lines/{line.pk}/case/{key}",
        f"/orders/{other.number}/cases/{case.pk}/reply/{key}",
        f"/orders/{other.number}/cases/{case.pk}/escalate/{key}",
        f"/orders/{order.number}/cases/{case.pk}/reply/{key}",
    ):
        answer = client.post(address, {"uuid": str(uuid4()), "text": "x", "kind": "other"})
        assert answer.status_code == 404, address
    picture = case.entries.get().pictures.get()
    assert client.get(f"/orders/{other.number}/case-pictures/{picture.pk}/{key}").status_code == 404

    assert state_of(line) == before


def test_claims_are_rate_limited(client, grove, monkeypatch):
    from storefront.aftersales.cases import buyer_views
    from storefront.order.links import order_key

    monkeypatch.setattr(buyer_views, "SENT_PER_ADDRESS", "2/h")
    order, line = arrived(grove)
    address = f"/orders/{order.number}/lines/{line.pk}/case/?key={order_key(order.number)}"

    answers = [client.post(address, {}).status_code for _ in range(3)]

    assert answers == [422, 422, 429]


def test_open_cases_are_told_apart_by_time(grove, set_clock):
    """What the staff's first page would say: open, and overdue."""
    from storefront.aftersales.cases.selectors import counts_for_staff

    order, line = arrived(grove)
    write_case(order, line, packs=2)
    assert counts_for_staff() == {"open": 1, "overdue": 0}
    set_clock(2 * DAY + 60)

    assert counts_for_staff() == {"open": 1, "overdue": 1}
    assert now() > Case.objects.get().due_at


def test_a_cooperative_never_decides_about_the_programmes_money(grove):
    grove.produce.claim_bearer = "programme"
    grove.produce.save()
    order, line = arrived(grove)
    case = write_case(order, line, packs=4)
    before = state_of(line)

    assert case.owner == "staff"
    with pytest.raises(CaseRefused):
        services.assign(case.pk, words("staff"), None, "cooperative")
    # Handed over while the cooperative bore it, and changed since.
    Case.objects.filter(pk=case.pk).update(owner="cooperative")
    with pytest.raises(CaseRefused):
        services.decide(case.pk, words("cooperative"), amount_fen=None)
    assert state_of(line) == before
    assert on("programme_expense") == 0
