"""Every address of the site, walked by every kind of person, on their own things and on others'.

An address that `addresses.py` does not classify fails the test. Whatever is denied leaves the
database as it was, row for row.
"""

import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, get_resolver

from tests.security.addresses import ADDRESSES, PEOPLE, Address, resolve

pytestmark = pytest.mark.django_db

SIGN_IN = ("/accounts/login/", "/cms/login/", "/_util/login/")
# Wagtail's admin shows these to anybody: signing in, and its texts and icons.
ADMIN_OPEN = {
    "wagtailadmin_login",
    "wagtailadmin_logout",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_sprite",
    "wagtailadmin_password_reset",
    "wagtailadmin_password_reset_done",
    "wagtailadmin_password_reset_confirm",
    "wagtailadmin_password_reset_complete",
}


def patterns(resolver=None, prefix="", namespace="") -> Iterator[tuple[str, str]]:
    """(address, qualified name) of every pattern of the project."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, f"{namespace}{pattern.name or ''}"
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, address, inner)


def digest() -> dict[str, Any]:
    """{table: count and hash of its rows}. Sessions aside: a visit may begin one."""
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if t != "django_session"]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', count(*)::text || ':' ||"  # noqa: S608
                f" coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {table} t"
                for table in tables
            )
        )
        return dict(cursor.fetchall())


def batched(names: list[str], size: int) -> Iterator[list[str]]:
    """The names, so many at a time (itertools has it from Python 3.12 on)."""
    for first in range(0, len(names), size):
        yield names[first : first + size]


def kind(response) -> str:
    """ "ok", "login" (sent to sign in), "missing" (404), "denied" (400, 403, 405) or "broken"."""
    if response.status_code in (301, 302):
        target = response.headers["Location"]
        return "login" if target.startswith(SIGN_IN) else "ok"
    return {404: "missing", 400: "denied", 403: "denied", 405: "denied"}.get(
        response.status_code, "ok" if response.status_code < 500 else "broken"
    )


def test_every_address_is_classified():
    unknown = {
        name or address
        for address, name in patterns()
        if not address.startswith("cms/") and name not in ADDRESSES
    }

    assert unknown <= {"campaigns:"}  # /r/CODE/ with a slash is the same view, without a name


def wrong(address: Address, expected: str | None, response) -> bool:
    """Whether an answer is not the one that a person should get."""
    found = kind(response)
    if found == "broken":
        return True
    if expected is None:
        return found not in ("missing", "denied", "login") and not address.shrugs
    if expected == "ok":
        # an empty form may be refused, never for want of a right
        return found == "login" or response.status_code in (403, 404)
    return found != expected


def walk(world, name: str, *, allowed: bool) -> list[str]:
    """Visit one address as everybody who is allowed, or as everybody else; the wrong answers."""
    address = ADDRESSES[name]
    url = resolve(world, name, address)
    ways = {"get": address.get, "post": address.get if address.post is None else address.post}
    faults = []
    for person in PEOPLE:
        for method, expected in ways.items():
            if (expected.get(person) == "ok") == allowed:
                response = getattr(world["clients"][person], method)(url)
                if wrong(address, expected.get(person), response):
                    faults.append(f"{person} {method} {url} → {response.status_code}")
    return faults


def test_every_address_denies_those_it_should_and_a_denial_changes_nothing(world):
    faults = []
    before = digest()

    # Hashing the whole database takes longer than all the visits of one address.
    for names in batched(sorted(ADDRESSES), 12):
        for name in names:
            faults += walk(world, name, allowed=False)
        after = digest()
        changed = [table for table in after if after[table] != before[table]]
        if changed:
            faults.append(f"{' or '.join(names)}: a denial changed {changed}")
            before = after

    assert faults == []


def test_every_address_serves_those_it_should(world):
    faults = []

    for name in sorted(ADDRESSES):
        # what is done at one address must not spoil the world for the next
        mark = transaction.savepoint()
        cookies = {person: deepcopy(client.cookies) for person, client in world["clients"].items()}
        faults += walk(world, name, allowed=True)
        for person, client in world["clients"].items():
            client.cookies = cookies[person]
        transaction.savepoint_rollback(mark)

    assert faults == []


def test_foreign_things_under_ones_own_cooperative_are_missing(world):
    """The manager of B asks for A's things below B's address."""
    client = world["clients"]["manager_b"]
    own = world["people"]["manager_b"].memberships.get().partner.code
    before = digest()

    for name, address in ADDRESSES.items():
        if not name.startswith(("portal:", "coop-cases:")) or len(address.arguments) < 2:
            continue
        url = resolve({**world, "coop": own}, name, address)
        for method in ("get", "post"):
            response = getattr(client, method)(url)
            assert response.status_code in (404, 405), f"{method} {url}"

    assert digest() == before


def test_unknown_ids_are_missing_not_broken(world):
    made_up = {
        **world,
        "order": "26010199999999",
        "attempt": uuid.uuid4(),
        "consignment": "26010199999999-1",
        **dict.fromkeys(("pool", "lot", "household", "sales_pool", "order_line"), 999_999_999),
        **dict.fromkeys(("line", "case", "picture", "terms", "gift", "saved"), 999_999_999),
        **dict.fromkeys(("page", "reminder", "review", "review_picture"), 999_999_999),
        **dict.fromkeys(("session", "session_channel", "shelf_item"), 999_999_999),
        **dict.fromkeys(("campaign", "campaign_link"), 999_999_999),
    }
    for name, address in ADDRESSES.items():
        person = next((p for p in ("manager_a", "staff", "buyer") if address.get.get(p)), None)
        ids = {"number", "pk", "uuid", "line_id", "terms_id", "gift_id", "case_id", "picture_id"}
        ids |= {"session_id"}
        if person and address.arguments.keys() & ids:
            url = resolve(made_up, name, address)
            assert world["clients"][person].get(url).status_code == 404, url


def admin_addresses() -> list[tuple[str, str]]:
    """Every address of Wagtail's admin with made-up arguments."""
    import re

    found = []
    for address, name in patterns():
        if address.startswith("cms/"):
            plain = re.sub(r"<(?:int|uuid|str|slug|path):?(\w+)>|<(\w+)>", "1", address)
            plain = re.sub(r"\([^)]*\)|[\^$\\]", "", plain)
            found.append(("/" + plain, name))
    return found


@pytest.mark.parametrize("person", ["anonymous", "buyer", "manager_a"])
def test_wagtails_admin_is_closed_to_all_but_staff(world, person):
    client = world["clients"][person]
    before = digest()

    addresses = [row for row in admin_addresses() if row[1] not in ADMIN_OPEN]
    assert len(addresses) > 150
    for url, _name in addresses:
        for method in ("get", "post"):
            response = getattr(client, method)(url)
            assert kind(response) in ("login", "denied", "missing"), f"{method} {url}"

    assert digest() == before
