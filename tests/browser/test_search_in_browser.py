"""The search field: suggestions while typing, by keyboard; results and "did you mean" after it."""

import pytest
from playwright.sync_api import expect

from tests.support.open_site import Arrive

pytestmark = pytest.mark.browser


def test_produce_is_found_by_typing_and_keys_alone(arrive_there: Arrive):
    buyer = arrive_there("buyer", language="en")
    buyer.go("/produce/")
    field = buyer.page.get_by_role("combobox", name="Search produce")
    options = buyer.page.locator("#search-suggestions").get_by_role("option")

    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("baixi")
    expect(options).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press("ArrowDown")
    field.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    expect(options.nth(1)).to_have_attribute("id", active or "none")
    field.press("Enter")
    buyer.page.wait_for_url("**/produce/BX*/")

    buyer.go("/produce/?q=passion+friut")
    buyer.sees("passion fruit")
