"""A member keeps a favourite and reviews what arrived, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from catalog.models import Product
from cooperatives.partner.selectors import available_packs
from storefront.accounts.models import User
from tests.support import chain
from tests.support.cases import arrive as deliver_all
from tests.support.open_site import Arrive

pytestmark = pytest.mark.browser


def test_a_member_keeps_a_favourite_and_reviews_what_arrived(arrive_there: Arrive) -> None:
    # Given a member whose parcel arrived
    packs = Product.objects.filter(produce__isnull=False, is_public=True).order_by("pk")
    left = available_packs(packs.values_list("pk", flat=True))
    pack = next(one for one in packs if left.get(one.pk, 0) > 3)
    buyer = User.objects.get(email="buyer@example.org")
    buyer.favourites.all().delete()
    order = chain.buy([(pack, 1)], user=buyer)
    deliver_all(order)
    person = arrive_there("wishes")
    page = person.page
    person.sign_in("buyer@example.org", "/accounts/login/")

    # When they tap the heart, it is filled, also after the page is loaded again
    person.go(pack.produce.get_absolute_url())
    heart = page.locator(".favourite button")
    expect(heart).to_have_attribute("aria-pressed", "false")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(heart).to_have_attribute("aria-pressed", "true")
    person.look("heart")
    person.go("/accounts/favourites/")
    expect(page.locator("main .card")).to_have_count(1)
    person.look("favourites")

    # And review the goods from the order's page
    person.go(f"/orders/{order.number}/")
    person.look("order")
    page.locator("a.line-claim[href$='/review/']").click()
    page.locator("[name=stars][value='5']").check()
    page.fill("[name=text]", "又香又甜 <b>!</b>")
    person.look("review")
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(re.compile(rf"/orders/{order.number}/$"))
    expect(page.locator("main .note-success, .messages .note-success").first).to_be_visible()
    assert person.faults == []
