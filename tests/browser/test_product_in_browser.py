"""A produce's page on a phone: choose a pack, change the province, buy now."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.open_site import PHONE, Arrive

pytestmark = pytest.mark.browser


def test_a_phone_chooses_a_pack_sees_its_freight_and_buys_now(arrive_there: Arrive) -> None:
    guest = arrive_there("product")
    page = guest.page
    guest.go("/produce/PG/")
    page.locator(".pack").nth(1).click()
    page.locator("[data-step='1']").click()

    # Another pack, two of it: the bar says what they cost, freight what they weigh
    expect(page.locator("[data-sum-price]")).to_have_text("¥111.60")
    expect(page.locator("#delivery-answer")).to_contain_text("× 2 · 10 kg")
    assert page.viewport_size is not None
    bar = page.locator(".buybar").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] == page.viewport_size["height"]

    # First 3 kg ¥9, seven more at ¥1.50; then remembered on another page
    page.locator("#delivery-to").select_option("hunan")
    expect(page.locator("[data-freight]")).to_have_text("¥19.50")
    expect(page.locator("[data-arrival]")).to_contain_text("about")
    guest.look("product")
    page.locator(".buy-now").click()
    page.wait_for_url(re.compile("/checkout/"))
    assert guest.faults == []
    guest.go("/basket/")
    expect(page.locator("main")).to_contain_text("111.60")
    guest.go("/produce/HSF/")
    expect(page.locator("#delivery-to")).to_have_value("hunan")
    expect(page.locator("#delivery-answer")).to_contain_text("Hunan")
    assert page.viewport_size["width"] == PHONE
