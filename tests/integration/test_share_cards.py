"""Share cards, link previews and QR codes."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.utils import translation
from PIL import Image as Pillow
from wagtail.models import Page

from catalog.clock import now
from livestream.campaigns.models import Campaign, LinkTouch, TrackedLink
from storefront.pages.models import HomePage
from storefront.pictures import canvas, cards, views
from tests.support import chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def grove():
    caches["cards"].clear()
    grove = chain.make_grove("GUAVA", price_fen=2480)
    grove.partner.county, grove.partner.village = "灌阳县", "东阳村"
    grove.partner.save()
    return grove


@pytest.fixture
def drawn(monkeypatch) -> list[cards.Words]:
    """What was drawn, in place of drawing it."""
    words: list[cards.Words] = []

    def draw(said: cards.Words, source: bytes) -> bytes:
        words.append(said)
        return b"PNG"

    monkeypatch.setattr(cards, "DRAW", {"share": draw, "og": draw})
    return words


def make_link(code: str, produce=None) -> TrackedLink:
    campaign, _ = Campaign.objects.get_or_create(
        code="autumn",
        defaults={
            "name_zh": "秋收",
            "starts_at": now() - timedelta(days=1),
            "ends_at": now() + timedelta(days=1),
        },
    )
    return TrackedLink.objects.create(
        code=code, campaign=campaign, channel="poster", produce=produce
    )


def test_cards_are_pictures_of_their_size_in_both_languages(client, grove):
    grove.produce.name_zh = "一个特别长的名字" * 12
    grove.produce.save()
    home = Page.get_first_root_node().add_child(instance=HomePage(title="家", slug="jia"))
    produce = f"/produce/{grove.produce.code}"

    for url, size in (
        (f"{produce}/share.png", (1080, 1440)),
        (f"{produce}/share.png?language=en", (1080, 1440)),
        (f"{produce}/og.png", (1200, 630)),
        (f"/og/{home.pk}.png", (1200, 630)),
    ):
        answer = client.get(url)
        assert answer["Content-Type"] == "image/png"
        assert answer["Cache-Control"] == "public, max-age=60"
        with Pillow.open(io.BytesIO(answer.content)) as seen:
            seen.load()
            assert (seen.format, seen.size) == ("PNG", size)
    assert "Set-Cookie" not in answer and "sessionid" not in client.cookies


def test_a_card_says_what_holds_now_and_is_drawn_once(client, grove, drawn):
    url = f"/produce/{grove.produce.code}/share.png"

    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (client.get(url).content, again.status_code, len(drawn)) == (b"PNG", 304, 1)
    grove.pack.offer_price = Decimal("19.90")
    grove.pack.save()
    client.get(url)
    client.get(f"{url}?language=en")

    old, new, english = drawn
    assert (old.price, new.price, english.price) == ("¥24.80", "¥19.90", "¥19.90")
    assert (old.name, old.place) == (grove.produce.name_zh, "灌阳县东阳村")
    assert "4.96" in old.unit_price and "3.98" in new.unit_price
    assert english.unit_price == "¥7.96 per kg"
    assert english.name.lower() == grove.produce.name_en.lower()
    assert new.address == f"http://testserver/produce/{grove.produce.code}/"


def test_a_campaigns_link_stays_in_the_code_and_leads_to_this_produce(client, grove, drawn):
    code = grove.produce.code
    make_link("OWN7", grove.produce), make_link("PAGE7")
    for query in ("?c=own7", "?c=PAGE7", "?c=NOSUCH", "?c=%22%3E%3Cscript%3E%00"):
        assert client.get(f"/produce/{code}/share.png{query}").status_code == 200

    own, page, *unknown = (words.address for words in drawn)
    assert own == "http://testserver/r/OWN7"
    assert page == f"http://testserver/r/PAGE7?to={code}"
    # the same card as without a code: drawn once
    assert unknown == [f"http://testserver/produce/{code}/"]

    led = client.get(page.removeprefix("http://testserver"))
    astray = client.get("/r/PAGE7?to=//evil.example.org")
    assert led["Location"] == f"/produce/{code}/"
    assert astray["Location"] == "/produce/"
    assert LinkTouch.objects.count() == 2


def test_a_qr_code_for_print_is_svg(client, grove):
    answer = client.get(f"/produce/{grove.produce.code}/qr.svg")

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<?xml") and b"<script" not in answer.content


def test_who_has_too_many_cards_drawn_waits_and_what_is_kept_still_comes(
    client, grove, drawn, monkeypatch
):
    monkeypatch.setattr(views, "DRAWN_PER_ADDRESS", "1/m")
    url = f"/produce/{grove.produce.code}"

    answers = [client.get(f"{url}/{one}").status_code for one in ("share.png", "og.png")]

    assert (answers, client.get(f"{url}/share.png").status_code) == ([200, 429], 200)
    assert len(drawn) == 1


def test_what_is_not_sold_or_not_public_has_no_card(client, grove):
    home = Page.get_first_root_node().add_child(
        instance=HomePage(title="家", slug="jia", live=False)
    )
    grove.pack.is_public = False
    grove.pack.save()

    for url in (
        f"/produce/{grove.produce.code}/share.png",
        "/produce/NOSUCH/share.png",
        "/produce/NOSUCH/qr.svg",
        f"/og/{home.pk}.png",
        "/og/1.png",
    ):
        assert client.get(url).status_code == 404, url


def test_lines_break_as_chinese_and_english_do_and_end_in_dots():
    face = canvas.font(canvas.REGULAR, 20)

    assert canvas.wrapped("山货，直达。", face, 61, 9) == ["山货，", "直达。"]
    assert canvas.wrapped("  fresh   snow pears ", face, 110, 9) == ["fresh snow", "pears"]
    assert canvas.wrapped("山货直达校园", face, 61, 1) == ["山货…"]
    lines, smaller = canvas.fitting("山货直达校园", canvas.BOLD, 40, 20, 130, 1)
    assert (lines, smaller.size) == (["山货直达校园"], 20)
    with translation.override("en"):
        assert canvas.wrapped("😀" * 9, face, 61, 1)[0].endswith("…")
