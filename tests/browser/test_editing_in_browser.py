"""Wagtail's editor in a real browser: a campaign page with produce, moderated and published."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect

from tests.support.open_site import DESK, Arrive, OpenSite

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("editing")]

PLAYER = "https://player.bilibili.com/"
MORE = "footer [data-controller~=w-dropdown] [data-w-dropdown-target=toggle]"
# Wagtail's own pages, of each kind that writes scripts of its own or shows pictures.
WAGTAIL = (
    "",
    "pages/",
    "images/",
    "images/add/",
    "documents/",
    "users/",
    "groups/",
    "reports/site-history/",
    "workflows/list/",
    "snippets/campaigns/campaign/add/",
    "snippets/catalogue/produce/",
)


@pytest.fixture
def shared_site(own_site: OpenSite) -> OpenSite:
    """These tests' own: others count the pages of theirs."""
    return own_site


def more(page: Page, action: str) -> None:
    """Open the menu beside Save, and take what stands there."""
    wanted = page.locator(action).first
    # A click before Wagtail's scripts listen opens nothing.
    for _ in range(10):
        page.locator(MORE).first.click()
        with suppress(AssertionError):
            expect(wanted).to_be_visible(timeout=3_000)
            break
    with page.expect_navigation(wait_until="load"):
        wanted.click()


def test_an_editor_builds_a_campaign_page_and_a_moderator_publishes_it(
    arrive_there: Arrive, shared_site: OpenSite
) -> None:
    from storefront.pages.models import CampaignPage, HomePage

    home = HomePage.objects.get()
    # Given an editor, who begins a campaign's page
    editor = arrive_there("editor", width=DESK)
    editor.sign_in("editor@example.org", "/cms/")
    editor.go(f"/cms/pages/add/pages/campaignpage/{home.pk}/")
    page = editor.page
    page.fill("#id_title", "冬至暖锅")
    page.fill("#id_title_en", "Midwinter hotpot")
    # chooses produce for its shelf
    page.click("#id_shelf-ADD")
    page.locator("#id_shelf-0-produce-chooser [data-chooser-action-choose]").first.click()
    chosen = page.locator(".modal a[data-chooser-modal-choice]", has_text="HSF").or_(
        page.locator(".modal a[data-chooser-modal-choice]", has_text=re.compile("红薯粉|noodles"))
    )
    chosen.first.click()
    expect(page.locator("#id_shelf-0-produce")).not_to_have_value("")
    # and puts a shelf of what is in season into the text
    page.locator(".c-sf-add-button").last.click()
    page.locator("[role=option]:has(use[href='#icon-list-ul'])").first.click()
    page.fill("[name=body-0-value-heading_zh]", "锅里该有的")
    page.fill("[name=body-0-value-heading_en]", "What belongs in it")
    # The draft is kept by itself, and the preview shows it
    expect(page.locator(".w-autosave-indicator__state--saved")).to_be_visible()
    page.locator("[data-side-panel-toggle=preview]").first.click()
    seen = page.frame_locator("#w-preview-iframe").locator("h1")
    expect(seen).to_have_text(re.compile("冬至暖锅|Midwinter hotpot"))
    page.locator("[data-side-panel-toggle=preview]").first.click()

    # When it is submitted, nobody sees it yet
    more(page, "button[name=action-submit]")
    made = CampaignPage.objects.get(title="冬至暖锅")
    assert not made.live
    visitor = arrive_there("visitor")
    visitor.go(f"/{made.slug}/", status=404)

    # and a moderator approves
    moderator = arrive_there("moderator", width=DESK)
    moderator.sign_in("moderator@example.org", "/cms/")
    moderator.go(f"/cms/pages/{made.pk}/edit/")
    more(moderator.page, "[data-workflow-action-name=approve]")

    # Then everybody sees it, with what was chosen and what is in season
    visitor.go(f"/{made.slug}/")
    visitor.sees("Midwinter hotpot", "What belongs in it", "In this campaign")
    assert visitor.page.locator("main .card").count() > 1
    visitor.faults.clear()


def test_wagtails_pages_work_under_their_policy(arrive_there: Arrive) -> None:
    from storefront.pages.models import HelpPage, HomePage

    # Given the lists with their date filters, rows and choosers: nothing in them is forbidden
    staff = arrive_there("administrator", width=DESK)
    staff.sign_in("admin@example.org", "/cms/")
    for path in WAGTAIL:
        staff.go(f"/cms/{path}")
    page, text = staff.page, HelpPage.objects.first()
    assert text is not None
    # When words are made bold
    staff.go(f"/cms/pages/{text.pk}/edit/")
    page.locator(".public-DraftEditor-content").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+B")
    expect(page.locator(".public-DraftEditor-content b, [style*=bold]").first).to_be_visible()
    # and a day is picked on which a page begins
    staff.go(f"/cms/pages/{HomePage.objects.get().pk}/edit/")
    page.locator("[data-side-panel-toggle=status]").first.click()
    page.locator("[data-a11y-dialog-show=schedule-publishing-dialog]").first.click()
    page.locator("#id_go_live_at").click()
    day = page.locator(".xdsoft_datetimepicker:visible td.xdsoft_date:not(.xdsoft_disabled)")
    day.last.click()
    expect(page.locator("#id_go_live_at")).not_to_have_value("")
    # Then nothing was forbidden: leaving says so


def test_a_video_elsewhere_is_asked_for_only_when_it_is_started(
    arrive_there: Arrive, shared_site: OpenSite
) -> None:
    from storefront.demo.content.blocks import block
    from storefront.pages.models import ContentPage, HomePage

    video = block(
        "video",
        heading_zh="看一看",
        heading_en="Have a look",
        kind="bilibili",
        address="BV1xx411c7mD",
        document=None,
        image=None,
    )
    page = ContentPage(title="视频", title_en="Video", slug="video")
    page.body = ContentPage._meta.get_field("body").to_python([video])
    HomePage.objects.get().add_child(instance=page)
    visitor = arrive_there("viewer")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.route(
        f"{PLAYER}**", lambda route: route.fulfill(body="<p>player</p>", content_type="text/html")
    )

    visitor.go("/video/")
    visitor.page.wait_for_load_state("networkidle")
    assert all(url.startswith(shared_site.url) for url in asked), asked

    visitor.page.locator("[data-video]").click()
    frame = visitor.page.locator(".video iframe")
    expect(frame).to_have_attribute("src", re.compile(f"^{PLAYER}.*bvid=BV1xx411c7mD"))
    expect(visitor.page.frame_locator(".video iframe").locator("p")).to_have_text("player")
