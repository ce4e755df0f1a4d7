"""Every main page in both languages, at a phone's and a desk's width: nothing sticks out or fails.

Pictures lie in var/screenshots/ after SCREENSHOTS=1 make test.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.support.open_site import DESK, PHONE, Arrive, Visitor

pytestmark = pytest.mark.browser

LANGUAGES = ("zh-hans", "en")
# Wagtail's own pages, which scroll sideways on a phone.
SCROLL = ("cms-campaigns", "cms-campaign")
ADDRESS = {
    "name": "收货人",
    "phone": "13800138000",
    "email": "guest@example.org",
    "province": "广西",
    "city": "桂林市",
    "district": "灌阳县",
    "street": "桂林路1号",
}
SHOP = {
    "home": "/",
    "campaign": "/autumn-harvest/",
    "money": "/money/",
    "village": "/villages/jiawa/",
    "cooperative": "/villages/jiawa/cooperative/",
    "article": "/stories/noodles/",
    "help": "/help/returns/",
    "list": "/produce/",
    "list-of-fruit": "/produce/?category=新鲜水果",
    "produce": "/produce/PG/",
    "produce-of-three": "/produce/XL/",
    "find": "/orders/find/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/sign-up/",
    "basket-empty": "/basket/",
}


def look_at(visitor: Visitor, pages: dict[str, str]) -> None:
    """Open each page in both languages, and look at it in both widths."""
    for language in LANGUAGES:
        visitor.speak(language)
        for name, path in pages.items():
            visitor.turn(PHONE)
            visitor.go(path)
            assert visitor.page.locator("html").get_attribute("lang") == language
            for width in (PHONE, DESK):
                visitor.turn(width)
                visitor.fits("html" if name in SCROLL else "main")
                visitor.picture(f"{name}-{language}-{width}")


def sell(codes: Iterable[str]) -> Any:
    """An order of the demo's buyer, two packs each; its parcels are packed, but for the last."""
    from django.contrib.auth import get_user_model

    from catalog.models import Product
    from cooperatives.routing.services import pack
    from cooperatives.settlement.services import share_out_due
    from tests.support import chain

    buyer = get_user_model().objects.get(email="buyer@example.org")
    order = chain.buy([(Product.objects.get(upc=code), 2) for code in codes], user=buyer)
    for parcel in order.consignments.order_by("number")[: len(list(codes)) - 1]:
        pack(parcel.pk, {line.pk: line.ordered_grams for line in parcel.lines.all()})
    share_out_due()
    return order


def test_the_shops_pages_fit_in_both_languages_and_widths(arrive: Arrive) -> None:
    # What anybody sees
    look_at(arrive("anybody"), SHOP)

    # A basket on its way to the payment
    guest = arrive("guest")
    for code, pack in (("PG", "2.5 kg"), ("HSF", "10 kg"), ("CY", "0.5 kg")):
        guest.go(f"/produce/{code}/")
        guest.page.locator(".pack", has_text=pack).first.click()
        guest.page.locator(".buy-add").click()
    guest.go("/checkout/")
    guest.give_address(ADDRESS)
    pages = {"basket": "/basket/", "delivery": "/checkout/", "review": "/checkout/review/"}
    look_at(guest, pages)
    guest.page.locator("main aside form .button-wide").click()
    guest.page.wait_for_url("**/checkout/pay/**")
    look_at(guest, {"pay": guest.page.url, "basket-frozen": "/basket/"})

    # A member's orders
    order = sell(["PG-2", "HSF-2"])
    member = arrive("member")
    member.sign_in("buyer@example.org", "/accounts/login/")
    look_at(member, {"my-orders": "/orders/", "order": f"/orders/{order.number}/"})


def test_the_desks_pages_fit_in_both_languages_and_widths(arrive: Arrive) -> None:
    from cooperatives.households.models import Lot
    from cooperatives.settlement.models import SalesPool
    from livestream.campaigns.models import Campaign

    # A cooperative with one parcel packed
    order = sell(["HSF-2", "PG-2"])
    parcel = order.consignments.get(partner__code="GY-YONGFU")
    packed = SalesPool.objects.filter(sharings__isnull=False, pool__partner=parcel.partner).get()
    lot = Lot.objects.filter(sales_pool=packed, drawn_grams__gt=0).first()
    assert lot is not None
    manager = arrive("manager")
    manager.sign_in("manager.gy-yongfu@example.org", "/coop/")
    pages = {
        "home": "",
        "consignments": "consignments/?state=all",
        "consignment": f"consignments/{parcel.number}/",
        "packing-list": f"consignments/{parcel.number}/packing-list/",
        "pools": "pools/",
        "pool": f"pools/{packed.pool_id}/",
        "lots": "lots/",
        "lot": f"lots/{lot.pk}/",
        "lot-new": "lots/new/",
        "promises": "promises/",
        "promise-new": "promises/new/",
        "households": "households/",
        "household": f"households/{lot.household_id}/",
        "sales-pools": "sales-pools/",
        "sales-pool": f"sales-pools/{packed.pk}/",
    }
    look_at(manager, {f"coop-{name}": f"/coop/GY-YONGFU/{path}" for name, path in pages.items()})

    # The staff's pages
    staff = arrive("staff")
    staff.sign_in("admin@example.org", "/cms/")
    campaign, line = Campaign.objects.get(), order.lines.first()
    pages = {
        "home": "",
        "orders": "orders/",
        "order": f"orders/{order.number}/",
        "refund": f"orders/{order.number}/refund/",
        "attribution": f"orders/{order.number}/lines/{line.pk}/",
        "sharing-out": "sharing-out/",
        "campaigns": "snippets/campaigns/campaign/",
        "campaign": f"snippets/campaigns/campaign/edit/{campaign.pk}/",
        "campaign-figures": f"snippets/campaigns/campaign/inspect/{campaign.pk}/",
    }
    look_at(staff, {f"cms-{name}": f"/cms/{path}" for name, path in pages.items()})
