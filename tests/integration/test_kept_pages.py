"""Pages that are kept: the same bytes, for everybody, and never what is not so any more."""

import gzip
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from wagtail.models import PageViewRestriction

from catalog.clock import now
from catalog.models import Produce, Product
from cooperatives.partner.models import StockPool, StockRecord
from storefront.accounts.models import User
from storefront.impact.services import count
from storefront.order.models import Order
from storefront.pages.models import ArticlePage, HomePage
from storefront.reviews.models import Review
from storefront.speed import store, watching
from tests.conftest import SUITE
from tests.support import chain, discounts
from tests.support.pages import make_site, shelf, text
from tests.support.servers import wait_for

LIST, PRODUCT = "/produce/", "/produce/PA/"
WAGTAIL = ("/", "/villages/", "/villages/v0/", "/villages/v0/cooperative/", "/stories/")
WAGTAIL += ("/stories/told/", "/help/", "/help/ordering/", "/money/", "/autumn/")
PAGES = (LIST, f"{LIST}?stock=yes&sort=cheap", PRODUCT, "/impact/", *WAGTAIL)
TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=)"[A-Za-z0-9]{64}"')
SECRET = "s" * 32


@pytest.fixture(scope="module")
def database(leading_to: Any) -> Iterator[Any]:
    """One for all tests here, which change their own things in it."""
    made = SUITE.clone(SUITE.new_name())
    with pytest.MonkeyPatch.context() as patch, leading_to(patch, made):
        chain.make_grove("A", grams=25_000)
        chain.make_grove("B", grams=100_000)
        # The cooperatives sell at whatever price these tests set.
        StockRecord.objects.update(price=1)
        chain.make_freight()
        make_site(body=[shelf("架", "Shelf"), text("<p>话</p>", "<p>words</p>")])
        yield made
    SUITE.drop(made.name)


@pytest.fixture
def later(set_clock: Any) -> Callable[[int], None]:
    """`later(seconds)` than ten past an hour: at a full one all pages are made again."""
    begun = (600 - int(time.time())) % 3600
    set_clock(begun)
    return lambda seconds: set_clock(begun + seconds)


@pytest.fixture
def keeping(database: Any, settings: Any, later: Any) -> Iterator[Any]:
    settings.KEEP_PAGES = True
    store.memory.clear()
    a_second_later()
    yield settings
    store.memory.clear()


def a_second_later() -> None:
    """And once all have ended who began before: until then no page is kept of what changed.

    Numbers of transactions are the server's, whose other databases other tests use meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        mine = cursor.fetchone()[0]
    wait_for(lambda: oldest_running() > mine, 180, "older transactions to end")
    look_again()


def oldest_running() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]


def look_again() -> None:
    """A second later, as far as looking for notes goes."""
    for each in watching._watches.values():
        each.looked = time.monotonic() - watching.SECONDS_BLIND - 0.1


def queries_of(client: Client, address: str) -> int:
    """How many a page takes, the look for notes left out."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum("page_change" not in query["sql"] for query in captured)


def text_of(client: Client, address: str, **more: Any) -> str:
    return client.get(address, **more).content.decode()


def visitor(kind: str) -> Client:
    """A new one, a guest with a basket, or a member with one; with a form token of his own."""
    client = Client(headers={"accept-language": "zh-hans"})
    client.cookies["csrftoken"] = SECRET if kind == "new" else SECRET.upper()
    if kind == "member":
        email = f"{time.monotonic_ns()}@example.org"
        client.force_login(User.objects.create(email=email))
        client.cookies["theme"] = "dark"
    if kind != "new":
        pack = Product.objects.get(produce__code="PB")
        client.post("/basket/add/", {"pack": pack.pk, "quantity": 2 if kind == "guest" else 3})
        # What was said about it.
        client.get("/basket/")
    return client


@pytest.mark.parametrize(
    ("kind", "languages"), [("new", ["zh-hans", "en"]), ("guest", ["en"]), ("member", ["zh-hans"])]
)
def test_a_kept_page_is_byte_for_byte_the_page_of_its_visitor(keeping, kind, languages):
    client, other = visitor(kind), visitor("member" if kind == "new" else "new")
    other.cookies["theme"] = client.cookies["theme"].value if "theme" in client.cookies else ""
    for address in PAGES:
        for language in languages:
            client.cookies["django_language"] = other.cookies["django_language"] = language
            keeping.KEEP_PAGES = False
            plain = client.get(address)
            keeping.KEEP_PAGES = True

            # When somebody else has had it rendered, and it is kept
            assert other.get(address).status_code == 200, address
            kept = len(store.memory)
            answer = client.get(address)
            packed = client.get(address, headers={"accept-encoding": "gzip, br"})

            # Then it says what it would have said
            assert len(store.memory) == kept
            assert answer["ETag"] == packed["ETag"] and "ETag" not in plain
            assert TOKEN.sub(rb"\1", answer.content) == TOKEN.sub(rb"\1", plain.content), address
            unpacked = gzip.decompress(packed.content)
            assert TOKEN.sub(rb"\1", unpacked) == TOKEN.sub(rb"\1", plain.content)
            assert len(packed.content) < len(unpacked) * 3 / 5
            again = client.get(address, headers={"if-none-match": answer["ETag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert {"Cookie", "Accept-Encoding", "Accept-Language"} <= {
                name.strip() for name in answer["Vary"].split(",")
            }


def test_forms_of_a_kept_page_carry_the_visitors_own_token(keeping):
    Client().get(PRODUCT)
    for _ in range(2):
        client = Client(enforce_csrf_checks=True)
        page = text_of(client, PRODUCT)
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
        pack = Product.objects.get(produce__code="PB").pk
        sent = {"pack": pack, "quantity": 1}

        assert token
        assert client.post("/basket/add/", sent).status_code == 403
        sent["csrfmiddlewaretoken"] = token[1]
        assert client.post("/basket/add/", sent).status_code == 302


@pytest.mark.parametrize(("kind", "own"), [("new", 0), ("guest", 1), ("member", 3)])
def test_a_kept_page_asks_the_database_for_nothing_but_the_visitors_own(keeping, kind, own):
    client = visitor(kind)
    for address in PAGES:
        first = queries_of(client, address)
        # A guest has a session as well once something was said to him.
        session = int(kind == "guest" and "sessionid" in client.cookies)
        assert queries_of(client, address) == own + session <= first


@pytest.mark.parametrize("address", [LIST, PRODUCT, "/"])
def test_a_price_that_changes_is_right_within_a_second(keeping, address):
    Product.objects.filter(produce__code="PA").update(offer_price=Decimal("24.80"))
    a_second_later()
    client = Client()
    assert "¥24.80" in text_of(client, address)
    assert queries_of(client, address) == 0

    Product.objects.filter(produce__code="PA").update(offer_price=Decimal("19.70"))
    a_second_later()

    assert "¥19.70" in text_of(client, address)
    a_second_later()
    assert queries_of(client, address) == 0


def test_what_is_sold_out_is_shown_so_and_other_pages_stay(keeping):
    client = Client()
    pool = StockPool.objects.filter(produce__code="PA")
    for address in (LIST, PRODUCT, "/help/", "/impact/"):
        client.get(address)
    a_second_later()
    client.get("/help/")

    pool.update(reserved=24_000)
    a_second_later()

    # Then what shows it is made anew, and what does not is not
    assert "card-sold-out" in text_of(client, LIST)
    assert "badge-out" in text_of(client, PRODUCT)
    assert queries_of(client, "/help/") == queries_of(client, "/impact/") == 0
    pool.update(reserved=0)
    a_second_later()
    assert "card-sold-out" not in text_of(client, LIST)


def test_texts_pictures_reviews_and_figures_that_change_are_right(keeping):
    client = Client(headers={"accept-language": "en"})
    for address in PAGES:
        client.get(address)
    page = ArticlePage.objects.get()
    draft = ArticlePage.objects.get()
    article = "/stories/a0/"
    assert "a0 page" in text_of(client, article)

    # A draft changes nothing that anybody sees
    draft.title_en = "Told anew"
    revision = draft.save_revision()
    a_second_later()
    assert queries_of(client, article) == queries_of(client, "/") == 0

    # Published, it stands on its own page and in the list
    revision.publish()
    a_second_later()
    assert "Told anew" in text_of(client, article)
    assert "Told anew" in text_of(client, "/stories/")

    # Taken down it is gone
    page.refresh_from_db()
    page.unpublish()
    a_second_later()
    assert client.get(article).status_code == 404

    # The menus of other pages as well
    home = HomePage.objects.get()
    help_page = home.get_children().get(slug="help").specific
    help_page.show_at_top, help_page.title_en = True, "Ask us"
    help_page.save()
    a_second_later()
    assert "Ask us" in text_of(client, PRODUCT)

    # A cooperative's own name, a produce's text
    Produce.objects.filter(code="PB").update(name_en="Bee's own")
    a_second_later()
    assert "Bee&#x27;s own" in text_of(client, LIST)
    assert "Bee&#x27;s own" in text_of(client, "/produce/PB/")

    # And the figures, on the page that shows them
    before = client.get("/impact/")["ETag"]
    client.get(PRODUCT)
    count()
    a_second_later()
    assert client.get("/impact/")["ETag"] != before
    assert queries_of(client, PRODUCT) == 0


def test_an_offer_is_shown_from_its_first_to_its_last_moment(keeping, later):
    terms = discounts.offer()
    offer = terms.offer
    offer.name, offer.start_datetime = "Autumn", now() + timedelta(minutes=1)
    offer.end_datetime = now() + timedelta(minutes=3)
    offer.save()
    client = Client()
    a_second_later()

    seen = []
    for seconds in (0, 0, 65, 65, 200):
        later(seconds)
        seen.append("Autumn" in text_of(client, PRODUCT))

    assert seen == [False, False, True, True, False]
    terms.produce.clear()
    type(offer).objects.filter(pk=offer.pk).update(status="Suspended")


def test_nothing_of_an_open_transaction_is_kept_and_what_commits_late_is_seen(keeping, database):
    client = Client()
    Product.objects.filter(produce__code="PB").update(offer_price=Decimal("24.80"))
    a_second_later()
    # Given a page of one's own transaction, which is rolled back
    with transaction.atomic():
        Product.objects.filter(produce__code="PB").update(offer_price=Decimal("1.11"))
        assert "¥1.11" in text_of(client, "/produce/PB/")
        transaction.set_rollback(True)
    assert "¥24.80" in text_of(client, "/produce/PB/")

    # Given somebody who has begun to change it
    with psycopg.connect(database.owner_url) as other:
        other.execute(
            "UPDATE catalogue_product SET offer_price = 22.20 WHERE produce_id ="
            " (SELECT id FROM catalogue_produce WHERE code = 'PB')"
        )
        # When others change more after him, and pages are rendered and kept meanwhile
        Product.objects.filter(produce__code="PA").update(offer_price=Decimal("33.30"))
        look_again()
        assert "¥24.80" in text_of(client, "/produce/PB/")
        assert "¥33.30" in text_of(client, PRODUCT)
        other.commit()

    # Then his change is seen too
    a_second_later()
    assert "¥22.20" in text_of(client, "/produce/PB/")
    assert "¥33.30" in text_of(client, PRODUCT)


def test_a_review_is_on_the_page_once_it_is_published(keeping):
    client, path = Client(), "/produce/PB/"
    produce = Produce.objects.get(code="PB")
    order = Order.objects.create(
        number="R1", currency="CNY", total_incl_tax=1, total_excl_tax=1, date_placed=now()
    )
    line = order.lines.create(
        product=produce.packs.get(),
        quantity=1,
        num_allocated=0,
        line_price_incl_tax=1,
        line_price_excl_tax=1,
        line_price_before_discounts_incl_tax=1,
        line_price_before_discounts_excl_tax=1,
    )
    review = Review.objects.create(
        produce=produce, order_line=line, stars=5, text="很好吃", created_at=now(), changed_at=now()
    )
    a_second_later()
    assert "很好吃" not in text_of(client, path)

    Review.objects.filter(pk=review.pk).update(state="published", decided_at=now())
    a_second_later()

    assert "很好吃" in text_of(client, path)
    assert queries_of(client, path) == 0


def test_hostile_addresses_neither_fill_the_memory_nor_change_a_page(keeping):
    client = Client(headers={"accept-language": "zh-hans"})
    client.get(LIST)
    client.get(PRODUCT)
    kept = len(store.memory)
    for address in (
        f"{LIST}?q=x", f"{LIST}?county=none", f"{LIST}?page=99", f"{LIST}?sort={'x' * 400}",
        f"{PRODUCT}?pack=999999", f"{PRODUCT}?pack=x", f"{PRODUCT}?packs=3", f"{PRODUCT}?page=2",
        f"{PRODUCT}?to=beijing", "/help/?page=3", "/stories/?page=77", "/stories/?page=x",
        "/basket/", "/accounts/login/", "/nothing/",
    ):  # fmt: skip
        client.get(address)
        assert len(store.memory) == kept, address

    # What a messenger hangs on to an address is the visitor's own, the page everybody's.
    pages = [text_of(client, f"{PRODUCT}?from=chat{number}&x=%22%3E") for number in range(20)]
    assert len(store.memory) == kept + 1
    assert all(f"?from=chat{number}&amp;x=%22%3E" in page for number, page in enumerate(pages))

    keeping.KEPT_PAGES_MEGABYTES = 0.3
    for sort in ("cheap", "dear", "sold", "new", "name"):
        for season in ("", "&season=now"):
            client.get(f"{LIST}?{season[1:]}{'&' if season else ''}sort={sort}")
    assert store.memory._bytes <= 300_000
    assert len(store.memory) > 1


def test_who_is_told_something_or_may_read_more_gets_his_own_page(keeping):
    # A message is said once, and to nobody else
    client = visitor("new")
    pack = Product.objects.get(produce__code="PB")
    client.get("/")
    client.post("/basket/add/", {"pack": pack.pk, "quantity": 1})
    assert 'class="messages"' in text_of(client, "/")
    assert 'class="messages"' not in text_of(client, "/")
    assert 'class="messages"' not in text_of(Client(), "/")

    # Staff see what is there now
    staff = Client()
    staff.force_login(User.objects.create(email="staff@example.org", is_staff=True))
    Client().get(PRODUCT)
    assert "ETag" not in staff.get(PRODUCT)

    # A page for those who sign in is for them alone
    page = HomePage.objects.get().get_children().get(slug="money")
    restriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
    a_second_later()
    member = visitor("member")
    assert member.get("/money/").status_code == 200
    assert Client().get("/money/").status_code == 302
    restriction.delete()
    a_second_later()


def test_processes_share_pages_and_go_on_without_redis(keeping, monkeypatch):
    Client().get(PRODUCT)
    # Another process: nothing in its memory
    store.memory.clear()
    assert queries_of(Client(), PRODUCT) == 0
    # What it did not see was noted meanwhile
    Product.objects.filter(produce__code="PA").update(offer_price=Decimal("17.10"))
    a_second_later()
    watching._watches.clear()
    store.memory.clear()
    assert "¥17.10" in text_of(Client(), PRODUCT)

    # No Redis at all
    for name in ("pages", "default"):
        gone = dict(keeping.CACHES[name], LOCATION="redis://127.0.0.1:9/0")
        monkeypatch.setitem(caches.settings, name, gone)
        monkeypatch.delattr(caches._connections, name, raising=False)
    store.memory.clear()
    for address in (PRODUCT, LIST, "/"):
        assert "¥17.10" in text_of(Client(), address)
        assert queries_of(Client(), address) == 0
    for name in ("pages", "default"):
        monkeypatch.delattr(caches._connections, name, raising=False)
    store.shared._without_until = 0


def test_many_at_once_make_a_page_once_and_all_get_it(keeping, monkeypatch):
    Client().get("/produce/PB/")
    Produce.objects.filter(code="PB").update(name_zh="一起看")
    a_second_later()
    made: list[str] = []
    real = store.keep
    monkeypatch.setattr(store, "keep", lambda *given: (made.append(""), real(*given)))
    got: list[str] = []

    def ask() -> None:
        try:
            got.append(text_of(Client(headers={"accept-language": "zh-hans"}), "/produce/PB/"))
        finally:
            connection.close()

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["一起看" in page for page in got] == [True] * 6
    assert len(made) == 1
