"""Who may do what in the portal (DESIGN §8): own, foreign, wrong role, nobody."""

import pytest

from cooperatives import ports
from cooperatives.households.models import Promise
from cooperatives.routing import services as routing
from cooperatives.settlement.models import SalesPool
from tests.support.portal_data import (
    QuietMessages,
    buy,
    deliver,
    nothing_changes,
    person,
    signed_in,
)
from tests.support.sold import Farm, make_farm

pytestmark = pytest.mark.django_db
PAGES = ("", "consignments/", "pools/", "lots/", "promises/", "households/", "sales-pools/")
FORMS = ("lots/new/", "promises/new/", "sales-pools/share-out/")


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ports._bound, "messages", QuietMessages())


@pytest.fixture
def mine() -> Farm:
    return make_farm("pear")


@pytest.fixture
def theirs() -> Farm:
    return make_farm("plum")


def objects_of(farm: Farm) -> dict[str, list[str]]:
    """Addresses of a farm's objects below /coop/<code>/, by the method that they take."""
    lot = deliver(farm, 50_000)
    to_pack, packed, shipped = buy(farm), buy(farm), buy(farm)
    for consignment in (packed, shipped):
        routing.pack(consignment.pk, {})
    routing.ship(shipped.pk, "顺丰速运", "SF123456")
    sales_pool = SalesPool.objects.filter(pool=farm.pool).first()
    return {
        "get": [
            f"consignments/{to_pack.number}/",
            f"consignments/{to_pack.number}/packing-list/",
            f"pools/{farm.pool.pk}/",
            f"lots/{lot.pk}/",
            f"households/{farm.households[0].pk}/",
            f"sales-pools/{sales_pool.pk}/",
        ],
        "post": [
            f"consignments/{to_pack.number}/pack/",
            f"consignments/{packed.number}/ship/",
            f"consignments/{packed.number}/undo/",
            f"consignments/{shipped.number}/deliver/",
            f"consignments/{shipped.number}/undo/",
            f"lots/{lot.pk}/write-off/",
        ],
    }


# What fits any of the forms, so that only the guard can refuse it.
FITTING = {
    "carrier": "顺丰速运",
    "waybill": "SF1234567",
    "state": "packed",
    "grams": "1",
    "reason": "mould",
    "left": "42500",
    "sure": "on",
}


def test_a_manager_finds_nothing_of_another_cooperative(mine, theirs) -> None:
    foreign = objects_of(theirs)
    objects_of(mine)
    manager = signed_in(person((mine.partner, "manager")))

    with nothing_changes():
        for coop in (mine.partner.code, theirs.partner.code):
            for path in foreign["get"]:
                assert manager.get(f"/coop/{coop}/{path}").status_code == 404, (coop, path)
            for path in foreign["post"]:
                for state in ("packed", "shipped"):
                    data = FITTING | {"state": state}
                    answer = manager.post(f"/coop/{coop}/{path}", data)
                    assert answer.status_code == 404, (coop, path)
        for path in (*PAGES, *FORMS):
            assert manager.get(f"/coop/{theirs.partner.code}/{path}").status_code == 404
            assert manager.post(f"/coop/{theirs.partner.code}/{path}").status_code == 404


def test_a_list_shows_only_what_is_ones_own(mine, theirs) -> None:
    objects_of(theirs)
    manager = signed_in(person((mine.partner, "manager")))

    for path in PAGES:
        page = manager.get(f"/coop/{mine.partner.code}/{path}").content.decode()
        assert "plum" not in page, path


def test_a_foreign_household_or_produce_in_a_form_changes_nothing(mine, theirs) -> None:
    objects_of(theirs)
    manager = signed_in(person((mine.partner, "manager")))
    day = "2026-10-01"
    own = {
        "household": "pear-1",
        "produce": str(mine.produce.pk),
        "grams": "1000",
        "grade": "A",
        "delivered_on": day,
        "from_day": day,
        "to_day": day,
        "grams_per_day": "1000",
    }

    with nothing_changes():
        for foreign in ({"household": "plum-1"}, {"produce": str(theirs.produce.pk)}):
            for path in ("lots/new/", "promises/new/"):
                answer = manager.post(f"/coop/{mine.partner.code}/{path}", own | foreign)
                assert answer.status_code == 200
                assert list(foreign)[0] in answer.context["form"].errors
    assert not Promise.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"is_staff": True}, {"is_superuser": True, "is_staff": True}]
)
def test_who_works_for_no_cooperative_finds_nothing_here(mine, fields) -> None:
    own = objects_of(mine)
    nobody = signed_in(person(**fields))

    with nothing_changes():
        assert nobody.get("/coop/").status_code == 404
        for path in (*PAGES, *FORMS, *own["get"]):
            assert nobody.get(f"/coop/{mine.partner.code}/{path}").status_code == 404
        for path in (*FORMS, *own["post"]):
            answer = nobody.post(f"/coop/{mine.partner.code}/{path}", FITTING)
            assert answer.status_code == 404


def test_anonymous_people_are_asked_to_sign_in(mine, client) -> None:
    own = objects_of(mine)
    start = f"/coop/{mine.partner.code}/"

    with nothing_changes():
        for path in ("/coop/", *(f"{start}{path}" for path in (*PAGES, *own["get"]))):
            answer = client.get(path)
            assert answer.status_code == 302
            assert answer["Location"].endswith(f"?next={path}")
        for path in (*FORMS, *own["post"]):
            answer = client.post(f"{start}{path}", FITTING)
            assert answer.status_code == 302
            assert answer["Location"].endswith("?next=/coop/")


def test_a_packer_packs_and_sees_neither_stock_nor_money(mine) -> None:
    own = objects_of(mine)
    packer = signed_in(person((mine.partner, "packer")))
    start = f"/coop/{mine.partner.code}/"

    for path in ("", "consignments/", *own["get"][:2]):
        page = packer.get(f"{start}{path}")
        assert page.status_code == 200
        assert "¥" not in page.content.decode()
        assert "Households" not in page.content.decode()
    with nothing_changes():
        for path in (*PAGES[2:], *FORMS[:2], *own["get"][2:]):
            assert packer.get(f"{start}{path}").status_code == 403, path
        for path in (*FORMS, own["post"][-1]):
            assert packer.post(f"{start}{path}", FITTING).status_code == 403, path
    answer = packer.post(f"{start}{own['post'][1]}", FITTING)
    assert answer.status_code == 302


def test_a_bookkeeper_reads_all_but_a_buyers_door_and_changes_nothing(mine) -> None:
    own = objects_of(mine)
    bookkeeper = signed_in(person((mine.partner, "bookkeeper")))
    start = f"/coop/{mine.partner.code}/"

    for path in (*PAGES, own["get"][0], *own["get"][2:]):
        assert bookkeeper.get(f"{start}{path}").status_code == 200, path
    page = bookkeeper.get(f"{start}{own['get'][0]}").content.decode()
    assert "广东省" in page
    for private in ("收件人", "五山路", "13800000001"):
        assert private not in page
    assert "<button" not in page.split('class="coop-nav"')[1].split("</main>")[0]
    with nothing_changes():
        assert bookkeeper.get(f"{start}{own['get'][1]}").status_code == 403
        for path in (*FORMS[:2], *own["post"]):
            assert bookkeeper.post(f"{start}{path}", FITTING).status_code == 403, path


def test_nobody_here_sees_a_buyers_mail_address(mine) -> None:
    own = objects_of(mine)
    manager = signed_in(person((mine.partner, "manager")))

    for path in (*PAGES, *own["get"]):
        page = manager.get(f"/coop/{mine.partner.code}/{path}").content.decode()
        assert "buyer@example.org" not in page, path


def test_the_door_leads_to_the_only_cooperative_or_lists_them(mine, theirs) -> None:
    one = signed_in(person((mine.partner, "packer"), (mine.partner, "bookkeeper")))
    assert one.get("/coop/")["Location"] == f"/coop/{mine.partner.code}/"

    both = signed_in(person((mine.partner, "manager"), (theirs.partner, "packer")))
    page = both.get("/coop/").content.decode()
    assert f"/coop/{mine.partner.code}/" in page
    assert f"/coop/{theirs.partner.code}/" in page
    # A role in one cooperative is none in the other.
    assert both.get(f"/coop/{mine.partner.code}/households/").status_code == 200
    assert both.get(f"/coop/{theirs.partner.code}/households/").status_code == 403


def test_two_roles_give_the_rights_of_both(mine) -> None:
    both = signed_in(person((mine.partner, "packer"), (mine.partner, "bookkeeper")))
    start = f"/coop/{mine.partner.code}/"

    assert both.get(f"{start}households/").status_code == 200
    with nothing_changes():
        assert both.post(f"{start}lots/new/").status_code == 403


def test_a_reading_tap_changes_nothing(mine) -> None:
    own = objects_of(mine)
    manager = signed_in(person((mine.partner, "manager")))
    start = f"/coop/{mine.partner.code}/"

    with nothing_changes():
        for path in (FORMS[2], *own["post"]):
            assert manager.get(f"{start}{path}").status_code == 405, path


def test_a_form_without_its_token_is_refused(mine) -> None:
    own = objects_of(mine)
    manager = signed_in(person((mine.partner, "manager")))
    manager.handler.enforce_csrf_checks = True

    with nothing_changes():
        for path in (FORMS[2], *own["post"]):
            answer = manager.post(f"/coop/{mine.partner.code}/{path}", FITTING)
            assert answer.status_code == 403
