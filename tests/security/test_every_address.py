"""Every address of the site, walked by every kind of person, on their own things and on others'.

An address that is not classified here fails the test. Whatever is denied leaves the database as
it was, row for row.
"""

import uuid
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from wagtail.models import Page

from catalog.clock import now
from cooperatives.portal.models import Membership
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.services import pack
from storefront.accounts.address_book import save_address
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.aftersales.cases.models import CasePicture
from storefront.aftersales.cases.pictures import make_anew
from storefront.notifications.links import preference_key
from storefront.notifications.models import Message
from storefront.pages.models import HomePage
from storefront.reviews.models import Review, ReviewPicture
from storefront.wishes.services import remind
from tests.support import chain, discounts
from tests.support.cases import photo, write_case

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "buyer", "stranger", "manager_a", "manager_b", "staff")
OPEN = dict.fromkeys(PEOPLE, "ok")
MINE = {"buyer": "ok"}  # everybody else: not found
MY_OWN = {"buyer": "ok", "anonymous": "login"}
MEMBERS = OPEN | {"anonymous": "login"}
OF_A = {"manager_a": "ok", "anonymous": "login"}
OF_STAFF = {"staff": "ok"}


@dataclass(frozen=True)
class Address:
    """How an address answers: {person: "ok" | "login" | "missing" | "denied"} by GET and POST."""

    get: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    post: dict[str, str] | None = None  # None: as by GET
    # Answers others with its ordinary page, having done nothing.
    shrugs: bool = False


# Names of arguments are filled in from the world below.
COOP = {"coop": "coop"}
PARCEL = {"coop": "coop", "number": "consignment"}
ORDER = {"number": "order"}
ATTEMPT = {"uuid": "attempt"}
SAVED = {"pk": "saved"}
ADDRESSES = {
    "healthz": Address(OPEN, post={}),
    "readyz": Address(OPEN, post={}),
    "campaigns:follow": Address(OPEN, {"code": "link"}, post={}),
    # without a signature: refused for everybody
    "payments:stripe-webhook": Address({}),
    "set_language": Address(OPEN),
    "look:choose": Address({}, post=OPEN),
    # one desk's alone, as the mailbox
    "style": Address(OPEN, post={}),
    "impact:page": Address(OPEN, post={}),
    "impact:json": Address(OPEN, post={}),
    "impact:csv": Address(OPEN, post={}),
    "shop:produce-list": Address(OPEN, post={}),
    "shop:produce": Address(OPEN, {"code": "produce"}, post={}),
    "shop:produce-delivery": Address(OPEN, {"code": "produce"}, post={}),
    "search:suggest": Address(OPEN, post={}),
    "pictures:share": Address(OPEN, {"code": "produce"}, post={}),
    "pictures:og": Address(OPEN, {"code": "produce"}, post={}),
    "pictures:qr": Address(OPEN, {"code": "produce"}, post={}),
    "pictures:page-og": Address(OPEN, {"pk": "page"}, post={}),
    "shop:basket": Address(OPEN, post={}),
    "shop:basket-add": Address({}, post=OPEN),
    "discounts:add": Address({}, post=OPEN),
    "discounts:remove": Address({}, post=OPEN),
    "shop:basket-line": Address({}, {"line_id": "basket_line"}, post=MINE, shrugs=True),
    "pages:robots": Address(OPEN, post={}),
    "pages:sitemap": Address(OPEN, post={}),
    "pages:sitemap-file": Address(OPEN, {"name": "sitemap_file"}, post={}),
    "pages:feed": Address(OPEN, {"language": "language"}, post={}),
    "accounts:login": Address(OPEN),
    "accounts:logout": Address({}, post=OPEN),
    "accounts:sign-up": Address(OPEN),
    "accounts:code": Address(OPEN),
    "accounts:code-enter": Address(OPEN),
    "accounts:code-new": Address(OPEN),
    "accounts:privacy": Address(OPEN, post={}),
    "accounts:divisions": Address(OPEN, post={}),
    "accounts:me": Address(MEMBERS, post={}),
    "accounts:profile": Address(MEMBERS),
    "accounts:password": Address(MEMBERS),
    "accounts:contact": Address(MEMBERS),
    "accounts:contact-enter": Address(MEMBERS),
    "accounts:sign-out-everywhere": Address({}, post=MEMBERS),
    "accounts:addresses": Address(MEMBERS, post={}),
    "accounts:address-new": Address(MEMBERS),
    "accounts:address": Address(MY_OWN, SAVED),
    "accounts:address-default": Address({}, SAVED, post=MY_OWN),
    "accounts:address-delete": Address({}, SAVED, post=MY_OWN),
    "accounts:data": Address(MEMBERS, post={}),
    "accounts:download": Address({}, post=MEMBERS),
    "accounts:delete": Address(MEMBERS),
    "accounts:after-login": Address(dict.fromkeys(PEOPLE, "ok") | {"anonymous": "login"}, post={}),
    "checkout:start": Address(OPEN),
    "checkout:review": Address(OPEN),
    "checkout:pay": Address(MINE, ATTEMPT, post={}),
    "checkout:return": Address(MINE, ATTEMPT, post={}),
    "checkout:give-up": Address({}, ATTEMPT, post=MINE),
    "checkout:renew": Address({}, ATTEMPT, post=MINE),
    "checkout:done": Address(MINE, ORDER, post={}),
    "orders:own": Address(dict.fromkeys(PEOPLE, "ok") | {"anonymous": "login"}, post={}),
    "orders:find": Address(OPEN),
    "orders:order": Address(MINE, ORDER, post={}),
    "orders:again": Address({}, ORDER, post=MINE),
    "orders:cancel": Address(MINE, ORDER),
    "shop-reviews:write": Address(MINE, {**ORDER, "line_id": "order_line"}),
    "shop-reviews:own-picture": Address(MINE, {**ORDER, "picture_id": "review_picture"}, post={}),
    "shop-reviews:of-produce": Address(OPEN, {"code": "produce"}, post={}),
    # The world's review waits: nobody sees its picture here.
    "shop-reviews:picture": Address(
        {}, {"key": "picture_key", "width": "width", "image_format": "format"}
    ),
    "wishes:favourites": Address(MEMBERS, post={}),
    "wishes:which": Address(OPEN, post={}),
    "wishes:favourite": Address({}, {"code": "produce"}, post=MEMBERS),
    "wishes:reminders": Address(MEMBERS, post={}),
    "wishes:reminder-delete": Address({}, {"pk": "reminder"}, post=MY_OWN),
    "wishes:remind": Address(OPEN, {"code": "produce"}),
    "orders:address": Address(MINE, ORDER),
    "cases:new": Address(MINE, {**ORDER, "line_id": "line"}),
    "cases:reply": Address({}, {**ORDER, "case_id": "case"}, post=MINE),
    "cases:escalate": Address({}, {**ORDER, "case_id": "case"}, post=MINE),
    "cases:picture": Address(MINE, {**ORDER, "picture_id": "picture"}, post={}),
    "messages:own": Address(dict.fromkeys(PEOPLE, "ok") | {"anonymous": "login"}),
    # Whoever has a message has its key.
    "messages:choose": Address(OPEN, {"key": "message_key"}),
    # One desk's alone; the suite's settings are one desk's.
    "mailbox:latest": Address(OPEN, post={}),
    "mailbox:one": Address(OPEN, {"name": "kept"}, post={}),
    "mailbox:html": Address(OPEN, {"name": "kept"}, post={}),
    "portal:index": Address({"anonymous": "login", "manager_a": "ok", "manager_b": "ok"}, post={}),
    "portal:home": Address(OF_A, COOP, post={}),
    "portal:consignments": Address(OF_A, COOP, post={}),
    "portal:consignment": Address(OF_A, PARCEL, post={}),
    "portal:packing-list": Address(OF_A, PARCEL, post={}),
    "portal:pack": Address({}, PARCEL, post=OF_A),
    "portal:ship": Address({}, PARCEL, post=OF_A),
    "portal:deliver": Address({}, PARCEL, post=OF_A),
    "portal:undo": Address({}, PARCEL, post=OF_A),
    "portal:pools": Address(OF_A, COOP, post={}),
    "portal:pool": Address(OF_A, {**COOP, "pk": "pool"}, post={}),
    "portal:lots": Address(OF_A, COOP, post={}),
    "portal:lot-new": Address(OF_A, COOP),
    "portal:lot": Address(OF_A, {**COOP, "pk": "lot"}, post={}),
    "portal:lot-write-off": Address({}, {**COOP, "pk": "lot"}, post=OF_A),
    "portal:promises": Address(OF_A, COOP, post={}),
    "portal:promise-new": Address(OF_A, COOP),
    "portal:households": Address(OF_A, COOP, post={}),
    "portal:household": Address(OF_A, {**COOP, "pk": "household"}, post={}),
    "portal:sales-pools": Address(OF_A, COOP, post={}),
    "portal:share-out": Address({}, COOP, post=OF_A),
    "portal:sales-pool": Address(OF_A, {**COOP, "pk": "sales_pool"}, post={}),
    "coop-cases:list": Address(OF_A, COOP, post={}),
    "coop-cases:case": Address(OF_A, {**COOP, "case_id": "case"}, post={}),
    "coop-cases:reply": Address({}, {**COOP, "case_id": "case"}, post=OF_A),
    "coop-cases:decide": Address({}, {**COOP, "case_id": "case"}, post=OF_A),
    "coop-cases:picture": Address(OF_A, {**COOP, "picture_id": "picture"}, post={}),
    # Wagtail's own outside its admin: pages for all; documents and passwords of what there is.
    "wagtail_serve": Address(OPEN, post=OPEN),
    "wagtaildocs_serve": Address({}),
    "wagtaildocs_authenticate_with_password": Address({}),
    "wagtailcore_authenticate_with_password": Address({}),
    "wagtailcore_login": Address(OPEN),
    # Ours inside Wagtail's admin; the rest of the admin is walked as a whole below.
    "staff:orders": Address(OF_STAFF, post={}),
    "staff:order": Address(OF_STAFF, ORDER, post={}),
    "staff:refund": Address(OF_STAFF, ORDER),
    "staff:attribution": Address(OF_STAFF, {**ORDER, "line_id": "order_line"}),
    "staff:sharing-out": Address(OF_STAFF),
    "finance:payments": Address(OF_STAFF, post={}),
    "finance:gaps": Address(OF_STAFF, post={}),
    "discounts_staff:offers": Address(OF_STAFF, post={}),
    "discounts_staff:new-offer": Address(OF_STAFF),
    "discounts_staff:offer": Address(OF_STAFF, {"terms_id": "terms"}, post={}),
    "discounts_staff:edit-offer": Address(OF_STAFF, {"terms_id": "terms"}),
    "discounts_staff:pause-offer": Address({}, {"terms_id": "terms"}, post=OF_STAFF),
    "discounts_staff:gifts": Address(OF_STAFF, post={}),
    "discounts_staff:new-gift": Address(OF_STAFF),
    "discounts_staff:gift": Address(OF_STAFF, {"gift_id": "gift"}, post={}),
    "discounts_staff:hosts": Address(OF_STAFF),
    "discounts_staff:new-host": Address(OF_STAFF),
    "staff-cases:list": Address(OF_STAFF, post={}),
    "staff-cases:case": Address(OF_STAFF, {"case_id": "case"}, post={}),
    "staff-cases:reply": Address({}, {"case_id": "case"}, post=OF_STAFF),
    "staff-cases:decide": Address({}, {"case_id": "case"}, post=OF_STAFF),
    "staff-cases:assign": Address({}, {"case_id": "case"}, post=OF_STAFF),
    "staff-cases:bearer": Address({}, {"case_id": "case"}, post=OF_STAFF),
    # The case is no dispute: there is no bank to answer.
    "staff-cases:evidence": Address({}, {"case_id": "case"}),
    "staff-cases:accept": Address({}, {"case_id": "case"}),
    "staff-reviews:list": Address(OF_STAFF, post={}),
    "staff-reviews:review": Address(OF_STAFF, {"review_id": "review"}),
    "staff-reviews:picture": Address(OF_STAFF, {"picture_id": "review_picture"}, post={}),
    "staff-cases:picture": Address(OF_STAFF, {"picture_id": "picture"}, post={}),
}
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


@pytest.fixture
def world(stripe) -> dict[str, Any]:
    """Two cooperatives, an order of the buyer's at A, a payment of theirs under way."""
    seed_roles()
    grove = chain.make_grove("A", grams=100_000)
    other = chain.make_grove("B", grams=100_000)
    people = {
        name: User.objects.create_user(email=f"{name}@example.org", password="secret-words-9")
        for name in PEOPLE[1:]
    }
    for name, partner in (("manager_a", grove.partner), ("manager_b", other.partner)):
        Membership.objects.create(user=people[name], partner=partner, role="manager")
    people["staff"].is_staff = True
    people["staff"].save()
    people["staff"].groups.add(seed_roles()[Role.ADMINISTRATOR])
    order = chain.buy([(grove.pack, 2)], user=people["buyer"])
    consignment = Consignment.objects.get(order=order)
    pack(consignment.pk, {})
    attempt = chain.start([(grove.pack, 1)], user=people["buyer"])
    basket = chain.make_basket([(grove.pack, 1)], people["buyer"])
    kept = Message.objects.create(
        kind="shipped",
        reference=f"consignment:{consignment.pk}:X",
        channel="sms",
        order=order,
        recipient="13800000000",
        language="en",
        state="sent",
        try_at=now(),
        created_at=now(),
        sent_at=now(),
        text="Sent",
    )
    line = ConsignmentLine.objects.get(consignment=consignment)
    case = write_case(order, line, kind="other", pictures=1)
    review = Review.objects.create(
        produce=grove.produce,
        order_line=order.lines.get(),
        user=people["buyer"],
        stars=5,
        created_at=now(),
        changed_at=now(),
    )
    review_picture = ReviewPicture.objects.create(review=review, image=make_anew(photo()))
    remind(grove.produce, "stock", user=people["buyer"], guest=None, language="en")
    clients = {person: Client(raise_request_exception=False) for person in PEOPLE}
    for person, user in people.items():
        clients[person].force_login(user)
    return {
        "people": people,
        "clients": clients,
        "coop": grove.partner.code,
        "consignment": consignment.number,
        "pool": chain.pool_of(grove.partner, grove.produce).pk,
        "lot": grove.partner.pools.get().lots.get().pk,
        "household": grove.partner.households.first().pk,
        "sales_pool": grove.partner.pools.get().sales_pools.get().pk,
        "order": order.number,
        "order_line": order.lines.get().pk,
        "line": line.pk,
        "case": case.pk,
        "picture": CasePicture.objects.get(entry__case=case).pk,
        "review": review.pk,
        "review_picture": review_picture.pk,
        "picture_key": review_picture.key,
        "width": 240,
        "format": "webp",
        "reminder": people["buyer"].reminders.get().pk,
        "attempt": attempt.uuid,
        "basket_line": basket.lines.get().pk,
        "produce": grove.produce.code,
        "terms": discounts.offer("WALK").pk,
        "gift": discounts.gift(5000).pk,
        "saved": save_address(people["buyer"], {"name": "买家", "province": "北京"}).pk,
        "link": "NOSUCH",
        "page": Page.get_first_root_node().add_child(instance=HomePage(title="家", slug="jia")).pk,
        "sitemap_file": "pages",
        "language": "en",
        "message_key": preference_key(kept.pk),
        "kept": f"message-{kept.pk}",
    }


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


def resolve(world, name: str, address: Address) -> str:
    from django.urls import reverse

    if name == "wagtail_serve":
        return "/"
    if name == "wagtaildocs_serve":
        return reverse(name, args=[1, "a.pdf"])
    if name.endswith("_authenticate_with_password"):
        ids = [1] if name.startswith("wagtaildocs") else [1, 1]
        return reverse(name, args=ids)
    return reverse(name, kwargs={key: world[of] for key, of in address.arguments.items()})


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

    for name in sorted(ADDRESSES):
        faults += walk(world, name, allowed=False)
        after = digest()
        if after != before:
            changed = [table for table in after if after[table] != before[table]]
            faults.append(f"{name}: a denial changed {changed}")
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

    for name, address in ADDRESSES.items():
        if not name.startswith(("portal:", "coop-cases:")) or len(address.arguments) < 2:
            continue
        url = resolve({**world, "coop": own}, name, address)
        before = digest()
        for method in ("get", "post"):
            response = getattr(client, method)(url)
            assert response.status_code in (404, 405), f"{method} {url}"
        assert digest() == before, url


def test_unknown_ids_are_missing_not_broken(world):
    made_up = {
        **world,
        "order": "26010199999999",
        "attempt": uuid.uuid4(),
        "consignment": "26010199999999-1",
        **dict.fromkeys(("pool", "lot", "household", "sales_pool", "order_line"), 999_999_999),
        **dict.fromkeys(("line", "case", "picture", "terms", "gift", "saved"), 999_999_999),
        **dict.fromkeys(("page", "reminder", "review", "review_picture"), 999_999_999),
    }
    for name, address in ADDRESSES.items():
        person = next((p for p in ("manager_a", "staff", "buyer") if address.get.get(p)), None)
        ids = {"number", "pk", "uuid", "line_id", "terms_id", "gift_id", "case_id", "picture_id"}
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
