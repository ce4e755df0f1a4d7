"""The produce list in a browser: filters, the way back, a tap into the basket; and no scripts."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.open_site import DESK, PHONE, Arrive, OpenSite

pytestmark = pytest.mark.browser


def counted(page: Any) -> int:
    """How many kinds the page says there are."""
    return int(page.locator("#list-total").inner_text().split()[0])


def test_filters_swap_the_results_and_the_way_back_leads_through_them(
    arrive_there: Arrive,
) -> None:
    buyer = arrive_there("listing", width=DESK)
    buyer.go("/produce/")
    page, everything = buyer.page, counted(buyer.page)
    page.evaluate("window.here = true")

    page.get_by_label("Frozen").check()
    expect(page).to_have_url(f"{buyer.site.url}/produce/?delivery=frozen")
    frozen = counted(page)
    assert 0 < frozen < everything
    # The same page, and the focus is where it was.
    assert page.evaluate("window.here") is True
    assert page.evaluate("document.activeElement.id") == "filter-delivery-frozen"
    page.get_by_label("Sort by").select_option("cheap")
    expect(page).to_have_url(f"{buyer.site.url}/produce/?delivery=frozen&sort=cheap")
    expect(page).to_have_title(re.compile("Frozen"))

    page.go_back()
    expect(page).to_have_url(f"{buyer.site.url}/produce/?delivery=frozen")
    expect(page.get_by_label("Frozen")).to_be_checked()
    assert counted(page) == frozen
    page.go_back()
    expect(page.get_by_label("Frozen")).not_to_be_checked()
    assert counted(page) == everything
    page.go_forward()
    expect(page.locator(".picked-chip")).to_have_count(1)
    page.locator(".picked-chip").click()
    expect(page).to_have_url(f"{buyer.site.url}/produce/")
    expect(page.locator(".picked-chip")).to_have_count(0)
    assert counted(page) == everything

    buyer.turn(PHONE)
    buyer.fits()
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Frozen").check()
    expect(page).to_have_url(f"{buyer.site.url}/produce/?delivery=frozen")
    page.locator(".list-apply").click()
    expect(page.locator("#list-filters")).to_be_hidden()
    page.locator(".quick-add").first.click()
    expect(page.locator("#quick-said")).to_contain_text("is in your basket")
    expect(page.locator(".tabbar .count")).to_have_text("1")
    assert page.url.endswith("?delivery=frozen")


def test_without_scripts_the_same_filters_are_a_form(browser: Browser, shared_site: OpenSite):
    context = browser.new_context(
        base_url=shared_site.url,
        viewport={"width": DESK, "height": 800},
        locale="en",
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto("/produce/")
    page.get_by_label("Frozen").check()
    page.locator(".list-apply").click()
    page.wait_for_load_state("load")

    assert page.url == f"{shared_site.url}/produce/?delivery=frozen"
    page.locator(".quick-add").first.click()
    page.wait_for_load_state("load")
    assert page.url == f"{shared_site.url}/basket/"
    context.close()
