"""Pages: in both languages, by few queries, safe, found by search engines, moderated, in time."""

import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.models import Revision
from wagtail.test.utils.form_data import nested_form_data, querydict_from_html, streamfield

from catalog.models import Produce
from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.demo.content.blocks import shelf, text
from storefront.pages import selectors, sitemap
from storefront.pages.blocks.media import VideoBlock
from storefront.pages.blocks.text import ActionBlock
from storefront.pages.models import (
    ArticlePage,
    CampaignPageProduce,
    CooperativePage,
    HelpPage,
    VillagePage,
)
from storefront.pages.tasks import publish_scheduled
from tests.support import chain
from tests.support.pages import every_block, make_site, put
from tests.support.shop import make_many

pytestmark = pytest.mark.django_db

PAGES = (
    "/",
    "/villages/",
    "/villages/v0/",
    "/villages/v0/cooperative/",
    "/stories/",
    "/stories/a0/",
    "/stories/told/",
    "/help/",
    "/help/ordering/",
    "/money/",
    "/autumn/",
)
# Those that grow with what there is.
LISTS = ("/", "/villages/", "/stories/")
# With every block that there is on the page.
BUDGET = 55
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.S)


@pytest.fixture(autouse=True)
def fresh_menus():
    """What an earlier test's pages left in the cache is not this one's."""
    cache.clear()


@pytest.mark.parametrize("count", [1, 8])
def test_each_page_type_speaks_both_languages_by_few_queries(
    client, count, django_assert_max_num_queries
):
    make_many(3 * count)
    make_site(villages=count, articles=count, body=every_block())
    for address in PAGES if count == 1 else LISTS:
        en = client.get(address, {"lang": "en"})
        client.cookies.clear()
        with django_assert_max_num_queries(BUDGET):
            zh = client.get(address, headers={"accept-language": "zh-hans"})

        slug = address.rstrip("/").rsplit("/", 1)[-1] or "start"
        assert f"<h1>{slug}页</h1>" in zh.content.decode(), address
        assert f"<h1>{slug} page</h1>" in en.content.decode(), address


def test_a_page_without_english_shows_its_chinese(client):
    home = make_site()
    put(home, HelpPage, "bare", [text("<p>只有中文</p>", "")], title_en="", introduction_en="")

    page = client.get("/bare/", {"lang": "en"}).content.decode()

    assert "<h1>bare页</h1>" in page
    assert "只有中文" in page


def test_what_editors_write_is_escaped(client):
    home = make_site(body=[])
    put(home, HelpPage, "evil", every_block(EVIL), title=EVIL, introduction_zh=EVIL)

    page = client.get("/evil/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    for data in LD.findall(page):
        assert json.loads(data)


@pytest.mark.parametrize(
    ("kind", "address", "embed"),
    [
        ("bilibili", "https://www.bilibili.com/video/BV1xx411c7mD/?p=2", "bvid=BV1xx411c7mD&"),
        ("bilibili", "BV1xx411c7mD", "bvid=BV1xx411c7mD&"),
        ("tencent", "https://v.qq.com/x/page/a0024abcdef.html", "vid=a0024abcdef&"),
        ("tencent", "https://v.qq.com/x/cover/mzc00200/a0024abcdef.html", "vid=a0024abcdef&"),
        ("bilibili", "https://evil.example/BV1", ""),
        ("tencent", 'javascript:alert("x")', ""),
        ("own", "https://v.qq.com/x/page/a0024abcdef.html", ""),
    ],
)
def test_a_video_leads_to_known_players_alone(kind, address, embed):
    block = VideoBlock()
    value = block.to_python({"heading_zh": "看", "kind": kind, "address": address})

    assert embed in value.embed
    if embed:
        assert value.embed.startswith(("https://player.bilibili.com/", "https://v.qq.com/txp/"))
        assert block.clean(value)
    else:
        assert value.embed == ""
        with pytest.raises(ValidationError):
            block.clean(value)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "/\\evil", "http://x"]
)
def test_a_button_leads_nowhere_dangerous(address):
    block = ActionBlock()
    value = block.to_python({"label_zh": "去", "label_en": "", "page": None, "address": address})

    with pytest.raises(ValidationError):
        block.clean(value)


def test_a_shelf_goes_by_its_rule(client):
    home = make_site()
    ours, theirs = chain.make_grove("A"), chain.make_grove("B")
    Produce.objects.filter(pk=theirs.produce.pk).update(season_from=1, season_to=12)
    page = home.get_children().get(slug="autumn").specific
    CampaignPageProduce.objects.create(page=page, produce=theirs.produce, sort_order=0)
    now = timezone.now()
    Campaign.objects.create(
        code="now", name_zh="今", starts_at=now, ends_at=now + timedelta(days=1), page=page
    )

    def shown(**value):
        return [card.produce for card in selectors.shelf_cards({"limit": 8} | value)]

    assert shown(rule="village", village=ours.partner.code) == [ours.produce]
    assert shown(rule="campaign", campaign="now") == [theirs.produce]
    assert shown(rule="chosen", produce=[theirs.produce, ours.produce]) == [
        theirs.produce,
        ours.produce,
    ]
    assert theirs.produce in shown(rule="season")
    assert shown(rule="village", village="NOBODY") == shown(rule="campaign") == []
    body = [shelf("货架", "Shelf", rule="village", village=ours.partner.code)]
    put(home, HelpPage, "shelf", body)
    answer = client.get("/shelf/").content.decode()
    assert ours.produce.get_absolute_url() in answer
    assert theirs.produce.get_absolute_url() not in answer


def test_page_urls_prefer_the_village(client):
    make_site(villages=2)
    first, second = Partner.objects.order_by("code")
    VillagePage.objects.get(partner=second).unpublish()
    third = Partner.objects.create(code="NONE", name="无页")

    urls = selectors.page_urls([first, second, third])

    assert urls == {first.pk: "/villages/v0/", second.pk: "/villages/v1/cooperative/"}


def test_a_language_has_its_own_address_and_stays(client):
    make_site()
    root = settings.SITE_URL

    page = client.get("/stories/?lang=en&page=1&utm_source=x")
    head = page.content.decode()

    assert page.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert f'<link rel="canonical" href="{root}/stories/?lang=en">' in head
    assert f'hreflang="zh-Hans" href="{root}/stories/"' in head
    assert f'hreflang="en" href="{root}/stories/?lang=en"' in head
    assert f'hreflang="x-default" href="{root}/stories/"' in head
    # The switch of language leads back to an address that does not speak.
    assert 'name="next" value="/stories/?page=1&amp;utm_source=x"' in head
    assert "<h1>stories page</h1>" in client.get("/stories/").content.decode()
    zh = client.get("/stories/", {"lang": "zh-hans"}).content.decode()
    assert f'<link rel="canonical" href="{root}/stories/">' in zh


HOSTILE = (
    "lang=en&lang=xx",
    "lang=%00",
    "lang=" + "9" * 3000,
    "page=%00",
    "page=-1&page=99999999999999999999",
    "%ff%fe=%f0%28",
    "lang[]=en&q='\"><script>",
    "&&&===&&lang",
)


def test_hostile_queries_break_nothing(client):
    make_site()

    for address in ("/", "/stories/", "/sitemap.xml", "/nowhere/"):
        for query in HOSTILE:
            answer = client.get(f"{address}?{query}")
            assert answer.status_code == (404 if address == "/nowhere/" else 200), query


def test_produce_says_its_exact_price_to_machines(client):
    make_site()
    grove = chain.make_grove(grams=10_000, net_grams=2500, price_fen=2480)
    chain.make_pack(grove.produce, [grove.partner], net_grams=500_000, price_fen=123_456)

    page = client.get(f"/produce/{grove.produce.code}/", {"lang": "en"}).content.decode()
    said = {one["@type"]: one for one in map(json.loads, LD.findall(page))}

    offers = said["Product"]["offers"]
    assert [(one["price"], one["priceCurrency"]) for one in offers] == [
        ("24.80", "CNY"),
        ("1234.56", "CNY"),
    ]
    assert [one["availability"] for one in offers] == [
        "https://schema.org/InStock",
        "https://schema.org/OutOfStock",
    ]
    assert said["Product"]["url"] == f"{settings.SITE_URL}/produce/{grove.produce.code}/?lang=en"
    trail = said["BreadcrumbList"]["itemListElement"]
    assert [one["position"] for one in trail] == list(range(1, len(trail) + 1))
    assert trail[0]["item"] == f"{settings.SITE_URL}/?lang=en"
    assert 'property="og:type" content="product"' in page
    assert f'property="og:image" content="{settings.SITE_URL}/' in page


@pytest.mark.parametrize("address", ["/basket/", "/accounts/login/", "/nowhere/"])
def test_what_is_nobodys_page_is_not_for_search_engines(client, address):
    make_site()

    head = client.get(address).content.decode()

    assert '<meta name="robots" content="noindex">' in head
    assert 'rel="canonical"' not in head


def test_the_sitemap_names_everything_once_in_each_language(
    client, monkeypatch, django_assert_max_num_queries
):
    make_site(villages=2)
    make_many(20)
    monkeypatch.setattr(sitemap, "PER_FILE", 8)
    hidden = VillagePage.objects.get(slug="v1")
    hidden.unpublish()
    name = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}

    with django_assert_max_num_queries(2):
        index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    files = [one.text for one in index.findall("m:sitemap/m:loc", name)]
    root = settings.SITE_URL
    assert files == [
        f"{root}/sitemap-pages.xml",
        *(f"{root}/sitemap-produce-{number}.xml" for number in (1, 2, 3)),
    ]
    found = []
    for address in files:
        with django_assert_max_num_queries(6):
            content = b"".join(client.get(address.removeprefix(root)).streaming_content)
        found += ElementTree.fromstring(content).findall("m:url", name)
    said = [one.find("m:loc", name).text for one in found]
    assert len(said) == len(set(said))
    assert {f"{root}/", f"{root}/?lang=en", f"{root}/villages/v0/"} <= set(said)
    assert sum("/produce/M" in one for one in said) == 40
    # Nor is what lies below it: it can be reached, but by who knows the address.
    assert f"{root}/villages/v1/" not in said
    links = found[0].findall("{http://www.w3.org/1999/xhtml}link")
    assert [(one.get("hreflang")) for one in links] == ["zh-Hans", "en", "x-default"]
    assert client.get("/sitemap-produce-4.xml").status_code == 404
    assert client.get(f"/sitemap-produce-{'9' * 30}.xml").status_code == 404
    assert f"Sitemap: {root}/sitemap.xml" in client.get("/robots.txt").content.decode()


def test_the_feed_of_a_language_has_what_is_written_in_it(client):
    home = make_site()
    index = home.get_children().get(slug="stories")
    put(index, ArticlePage, "zh-only", title_en="")
    atom = "{http://www.w3.org/2005/Atom}"

    def titles(language):
        feed = ElementTree.fromstring(client.get(f"/feeds/{language}.xml").content)
        return [one.text for one in feed.iter(f"{atom}title")][1:]

    assert titles("zh-hans") == ["zh-only页", "told页", "a0页"]
    assert titles("en") == ["told page", "a0 page"]
    assert client.get("/feeds/fr.xml").status_code == 404


def test_menus_follow_the_tree(client):
    home = make_site()
    assert ">villages页</a>" in client.get("/basket/").content.decode()
    page = home.get_children().get(slug="villages").specific
    page.show_at_top = page.show_in_menus = False
    page.save_revision().publish()
    cache.clear()

    assert ">villages页</a>" not in client.get("/basket/").content.decode()


def test_a_lost_visitor_finds_a_way_on(client):
    make_site()
    grove = chain.make_grove()

    answer = client.get("/nowhere-at-all/")

    page = answer.content.decode()
    assert answer.status_code == 404
    assert 'role="search"' in page
    assert grove.produce.get_absolute_url() in page


def staff(client, role):
    """A client of somebody with a role."""
    user = User.objects.create(email=f"{role.value}@example.org", is_staff=True)
    user.groups.add(seed_roles()[role])
    client.force_login(user)
    return client


def form_of(client, page, **changed):
    """What the edit form would send, with some fields changed."""
    html = client.get(f"/cms/pages/{page.pk}/edit/").content.decode()
    data = querydict_from_html(html, form_id="page-edit-form")
    data.update(nested_form_data({"body": streamfield([]), **changed}))
    return data


def test_an_editor_submits_and_a_moderator_publishes(client_of):
    home = make_site()
    page = home.get_children().get(slug="money").specific
    editor, moderator = staff(client_of(), Role.EDITOR), staff(client_of(), Role.MODERATOR)
    edit = f"/cms/pages/{page.pk}/edit/"

    assert b"action-publish" not in editor.get(edit).content
    editor.post(edit, form_of(editor, page, title="改过", **{"action-publish": "on"}))
    page.refresh_from_db()
    assert page.title == "money页"

    editor.post(edit, form_of(editor, page, title="改过", **{"action-submit": "on"}))
    page.refresh_from_db()
    state = page.current_workflow_task_state
    assert (page.title, state.task.name) == ("money页", "内容审核")
    approve = f"/cms/pages/workflow/action/{page.pk}/approve/{state.pk}/"
    editor.post(approve, {"comment": ""})
    page.refresh_from_db()
    assert page.title == "money页"

    assert moderator.post(approve, {"comment": "好"}).status_code == 302
    page.refresh_from_db()
    assert page.title == "改过"


@pytest.fixture
def client_of():
    """Make one more client."""
    from django.test import Client

    return lambda: Client(headers={"accept-language": "en"})


def test_pages_come_and_go_at_their_time_and_go_back(client):
    home = make_site()
    page = home.get_children().get(slug="help").specific
    first = page.save_revision()
    first.publish()
    page.title = "明天的帮助"
    page.go_live_at = timezone.now() + timedelta(days=1)
    page.save_revision().publish()
    publish_scheduled()
    assert "明天的帮助" not in client.get("/help/").content.decode()

    Revision.objects.filter(approved_go_live_at__isnull=False).update(
        approved_go_live_at=timezone.now() - timedelta(minutes=1)
    )
    due = Revision.objects.get(approved_go_live_at__isnull=False)
    due.content["go_live_at"] = (timezone.now() - timedelta(minutes=1)).isoformat()
    due.save()
    publish_scheduled()
    assert "明天的帮助" in client.get("/help/").content.decode()

    # Back to how it was: an older version is published again.
    first.publish()
    assert "<h1>help页</h1>" in client.get("/help/").content.decode()
    type(page).objects.filter(pk=page.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
    publish_scheduled()
    assert client.get("/help/").status_code == 404


def test_a_preview_shows_what_is_not_saved(rf):
    home = make_site()
    page = home.get_children().get(slug="autumn").specific
    page.title = "还没保存"
    page.body = page._meta.get_field("body").to_python([text("<p>预览</p>", "")])

    seen = page.make_preview_request(preview_mode="").content.decode()

    assert "还没保存" in seen and "<p>预览</p>" in seen
    assert '<meta name="robots" content="noindex">' in seen


def test_a_copied_village_is_about_nobody_yet():
    make_site()
    page = VillagePage.objects.get()

    copy = page.copy(recursive=True, update_attrs={"slug": "copy"})

    assert copy.partner is None
    assert CooperativePage.objects.descendant_of(copy).get().partner is None
