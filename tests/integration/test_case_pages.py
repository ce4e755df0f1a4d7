"""The pages of cases in the portal and for staff: who sees and decides what, by few queries."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cooperatives.portal.models import Membership
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.aftersales.cases.models import Case
from storefront.aftersales.models import Refund
from storefront.order.links import order_key
from tests.support import chain
from tests.support.cases import arrive, arrived, write_case

pytestmark = pytest.mark.django_db


def browser(email, *, partner=None, role="manager", group=None):
    """Somebody signed in, in English."""
    user = User.objects.create(email=email, is_staff=group is not None)
    if partner:
        Membership.objects.create(user=user, partner=partner, role=role)
    if group:
        user.groups.add(seed_roles()[group])
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_a_cooperative_decides_about_its_own_and_finds_no_others(stripe):
    grove, other = chain.make_grove("A"), chain.make_grove("B")
    order, line = arrived(grove)
    case = write_case(order, line, packs=2)
    own = browser("a@example.org", partner=grove.partner)
    packer = browser("p@example.org", partner=grove.partner, role="packer")
    stranger = browser("b@example.org", partner=other.partner)
    here, there = f"/coop/{grove.partner.code}/cases/", f"/coop/{other.partner.code}/cases/"
    picture = case.entries.get().pictures.get()
    refuse = {"uuid": str(uuid4()), "decision": "refuse", "text": "no"}

    for address in (f"{there}{case.pk}/", f"{there}pictures/{picture.pk}/", f"{here}{case.pk}/"):
        assert stranger.get(address).status_code == 404
    for name in ("reply", "decide"):
        assert stranger.post(f"{there}{case.pk}/{name}/", refuse).status_code == 404
        assert packer.post(f"{here}{case.pk}/{name}/", refuse).status_code == 403
    case.refresh_from_db()
    assert (case.state, case.entries.count()) == ("open", 1)

    page = own.get(f"{here}{case.pk}/").content.decode()
    assert "买家" in page and "buyer@example.org" not in page
    assert own.get(f"{here}pictures/{picture.pk}/").status_code == 200
    sent = {"uuid": str(uuid4()), "decision": "part", "amount": "12.34", "text": "sorry"}
    assert own.post(f"{here}{case.pk}/decide/", {**sent, "amount": ""}).status_code == 422
    for _ in range(2):
        assert own.post(f"{here}{case.pk}/decide/", sent).status_code == 302
    assert Refund.objects.get().amount_fen == 1234
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("decided", "part")
    assert "sorry" in own.get(f"{here}{case.pk}/").content.decode()


def test_staff_decide_and_the_auditor_only_reads(stripe):
    grove = chain.make_grove()
    order, line = arrived(grove)
    case = write_case(order, line, packs=2)
    finance, auditor = (
        browser(f"{group}@example.org", group=group) for group in (Role.FINANCE, Role.AUDITOR)
    )
    here = f"/cms/cases/{case.pk}/"
    sent = {"uuid": str(uuid4()), "decision": "whole", "bearer": "programme", "text": ""}

    assert auditor.get("/cms/cases/").status_code == auditor.get(here).status_code == 200
    assert auditor.post(f"{here}decide/", sent).status_code == 302  # Wagtail's "no permission"
    case.refresh_from_db()
    assert case.state == "open" and not Refund.objects.exists()

    person = User.objects.get(email="finance@example.org")
    handed = {"uuid": str(uuid4()), "owner": "staff", "person": person.pk}
    finance.post(f"{here}assign/", handed)
    case.refresh_from_db()
    assert (case.owner, case.assigned) == ("staff", person)
    finance.post(f"{here}reply/", {"uuid": str(uuid4()), "text": "which box?", "ask": "on"})
    case.refresh_from_db()
    assert case.state == "waiting_buyer"
    finance.post(f"{here}decide/", sent)
    case.refresh_from_db()
    assert (case.state, case.outcome, case.given_fen) == ("closed", "agreed", 4960)
    assert Refund.objects.get().bearer == "programme"
    assert finance.get(here).status_code == 200
    assert "0 open cases" in finance.get("/cms/").content.decode()


def test_the_lists_take_the_same_queries_for_two_cases_and_for_eight(stripe):
    grove = chain.make_grove(grams=400_000)
    coop = browser("a@example.org", partner=grove.partner)
    staff = browser("s@example.org", group=Role.FINANCE)
    lists = ((coop, f"/coop/{grove.partner.code}/cases/"), (staff, "/cms/cases/"))
    counted = []
    for more in (2, 6):
        for _ in range(more):
            order, line = arrived(grove)
            write_case(order, line, packs=2)
        counted.append([queries(*one) for one in lists])

    assert Case.objects.count() == 8
    assert counted[0] == counted[1]
    assert counted[1][0] <= 12 and counted[1][1] <= 16


def test_the_orders_page_takes_the_same_queries_for_one_case_and_for_three(stripe, client):
    grove = chain.make_grove(grams=200_000)
    packs = [grove.pack, *(chain.make_pack(grove.produce, [grove.partner]) for _ in range(2))]
    order = chain.buy([(pack, 4) for pack in packs])
    lines = arrive(order)
    address = f"/orders/{order.number}/?key={order_key(order.number)}"
    counted = []

    for line in lines:
        write_case(order, line, packs=2, pictures=2)
        counted.append(queries(client, address))

    assert counted[0] == counted[1] == counted[2] <= 24


def test_two_parcels_have_their_own_way_and_day(stripe, client, set_clock):
    from cooperatives.routing.models import Consignment, FreightRate
    from cooperatives.routing.services import deliver, pack, ship

    first, second = chain.make_grove("A"), chain.make_grove("B")
    order = chain.buy([(first.pack, 1), (second.pack, 1)])
    one, two = Consignment.objects.filter(order=order).order_by("number")
    FreightRate.objects.create(
        partner=two.partner,
        province="北京",
        first_grams=3000,
        first_fen=800,
        step_grams=1000,
        step_fen=200,
        transit_days=6,
    )
    pack(one.pk, {})
    ship(one.pk, "顺丰速运", "SF0000000001")
    address = f"/orders/{order.number}/?key={order_key(order.number)}"

    answer = client.get(address, headers={"accept-language": "en"})

    parcels = answer.context["shown"].parcels
    one.refresh_from_db()
    from catalog.clock import day_of

    assert (parcels[0].expected - day_of(one.shipped_at)).days == 3
    assert (parcels[1].expected - day_of(two.ship_by)).days == 6
    page = answer.content.decode()
    assert "Parcel 1/2" in page and "Parcel 2/2" in page
    assert 'data-copy="SF0000000001"' in page
    set_clock(5 * 86_400)
    assert [parcel.is_late for parcel in client.get(address).context["shown"].parcels] == [
        True,
        False,
    ]
    deliver(one.pk)
    assert not client.get(address).context["shown"].parcels[0].is_late
