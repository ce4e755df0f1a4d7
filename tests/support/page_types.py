"""One page of every type, at a demo that something has happened at."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog.models import Produce, Product
from cooperatives.households.models import Lot
from cooperatives.routing.services import pack
from cooperatives.settlement.models import SalesPool
from cooperatives.settlement.services import share_out_due
from livestream.campaigns.models import Campaign
from livestream.sessions.models import LiveSession
from storefront.accounts import address_book
from storefront.accounts.models import SavedAddress, User
from storefront.notifications.models import Message
from storefront.order.models import Order
from storefront.reviews import services as reviews
from storefront.reviews.models import Review
from storefront.wishes import services as wishes
from storefront.wishes.models import Reminder
from tests.support import cases, chain, discounts
from tests.support.open_site import PASSWORD
from tests.support.platform_export import make_import

Pages = dict[str, str]
COOPERATIVE, BUYER = "GY-YONGFU", "every.page@example.org"
ADDRESS = {
    "name": "收货人",
    "phone": "13800138000",
    "province": "北京",
    "city": "北京市",
    "district": "海淀区",
    "town": "",
    "detail": "学院路1号",
}
SHOP: Pages = {
    "home": "/",
    "campaign": "/autumn-harvest/",
    "how-your-money": "/money/",
    "villages": "/villages/",
    "village": "/villages/jiawa/",
    "cooperative": "/villages/jiawa/cooperative/",
    "stories": "/stories/",
    "article": "/stories/noodles/",
    "help-index": "/help/",
    "help": "/help/returns/",
    "privacy": "/accounts/privacy/",
    "impact": "/impact/",
    "list": "/produce/",
    "list-filtered": "/produce/?category=新鲜水果",
    "list-empty": "/produce/?q=zzzzqqqq",
    "search": "/produce/?q=baixiangguo",
    "product": "/produce/PG/",
    "product-of-three": "/produce/XL/",
    "product-sold-out": "/produce/AXE/",
    "remind": "/produce/AXE/remind/",
    "reviews": "/produce/PG/reviews/",
    "basket-empty": "/basket/",
    "find": "/orders/find/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/sign-up/",
    "code": "/accounts/code/",
    "style": "/dev/style/",
    "mailbox": "/dev/mailbox/",
}
STAFF: Pages = {
    "orders": "orders/",
    "refunds": "refunds/",
    "sharing-out": "sharing-out/",
    "discounts": "discounts/",
    "discount-new": "discounts/new/",
    "gifts": "discounts/gifts/",
    "gift-new": "discounts/gifts/new/",
    "hosts": "discounts/hosts/",
    "host-new": "discounts/hosts/new/",
    "payments": "payments/",
    "gaps": "payments/gaps/",
    "cases": "cases/",
    "messages": "messages/",
    "wordings": "messages/wording/",
    "wording": "messages/wording/refunded/mail/",
    "reviews": "reviews/",
}


@dataclass
class World:
    """What happened, and the pages that show it."""

    order: Order
    arrived: Order
    case_id: int
    claimed: Order

    def members(self) -> Pages:
        """Of the buyer who ordered."""
        line = self.arrived.lines.first()
        parcel_line = cases.ConsignmentLine.objects.filter(consignment__order=self.arrived).last()
        new, old = f"/orders/{self.order.number}/", f"/orders/{self.arrived.number}/"
        assert line is not None and parcel_line is not None
        address = SavedAddress.objects.get(user=self.order.user)
        return {
            "address": f"/accounts/me/addresses/{address.pk}/",
            "orders": "/orders/",
            "order": new,
            "order-arrived": old,
            "order-claimed": f"/orders/{self.claimed.number}/",
            "thanks": f"/checkout/done/{self.order.number}/",
            "order-address": f"{new}address/",
            "cancel": f"{new}cancel/",
            "review-form": f"{old}lines/{line.pk}/review/",
            "claim": f"{old}lines/{parcel_line.pk}/case/",
            "me": "/accounts/me/",
            "profile": "/accounts/me/profile/",
            "password": "/accounts/me/password/",
            "contact": "/accounts/me/contact/",
            "addresses": "/accounts/me/addresses/",
            "address-new": "/accounts/me/addresses/new/",
            "second-step": "/accounts/me/second-step/",
            "second-step-set-up": "/accounts/me/second-step/set-up/",
            "data": "/accounts/me/data/",
            "delete": "/accounts/me/data/delete/",
            "favourites": "/accounts/favourites/",
            "reminders": "/accounts/reminders/",
            "messages": "/messages/",
        }

    def portal(self) -> Pages:
        """Of the cooperative that packed."""
        parcel = self.order.consignments.get(partner__code=COOPERATIVE)
        shared = SalesPool.objects.filter(sharings__isnull=False, pool__partner=parcel.partner)
        sales = shared.first()
        assert sales is not None
        lot = Lot.objects.filter(sales_pool=sales, drawn_grams__gt=0).first()
        assert lot is not None
        own = {
            "home": "",
            "consignments": "consignments/?state=all",
            "consignment": f"consignments/{parcel.number}/",
            "packing-list": f"consignments/{parcel.number}/packing-list/",
            "pools": "pools/",
            "pool": f"pools/{sales.pool_id}/",
            "lots": "lots/",
            "lot": f"lots/{lot.pk}/",
            "lot-new": "lots/new/",
            "promises": "promises/",
            "promise-new": "promises/new/",
            "households": "households/",
            "household": f"households/{lot.household_id}/",
            "sales-pools": "sales-pools/",
            "sales-pool": f"sales-pools/{sales.pk}/",
            "cases": "cases/?show=all",
            "case": f"cases/{self.case_id}/",
        }
        return {name: f"/coop/{COOPERATIVE}/{path}" for name, path in own.items()}

    def staff(self) -> Pages:
        """Ours inside Wagtail's admin."""
        number, line, review = self.order.number, self.order.lines.first(), Review.objects.first()
        message, terms = Message.objects.latest("pk"), discounts.Terms.objects.last()
        gift = discounts.Gift.objects.last()
        assert line is not None and review is not None and terms is not None and gift is not None
        own = STAFF | {
            "order": f"orders/{number}/",
            "refund": f"orders/{number}/refund/",
            "attribution": f"orders/{number}/lines/{line.pk}/",
            "case": f"cases/{self.case_id}/",
            "message": f"messages/{message.pk}/",
            "discount": f"discounts/{terms.pk}/",
            "discount-edit": f"discounts/{terms.pk}/edit/",
            "gift": f"discounts/gifts/{gift.pk}/",
            "review": f"reviews/{review.pk}/",
            **_live(),
            "figures": _campaign(),
        }
        return {name: f"/cms/{path}" for name, path in own.items()}

    def sheets(self) -> Pages:
        """Of the staff's, without Wagtail's menu: to print."""
        return {"qr-sheet": f"/cms/{_campaign()}print/"}


def _campaign() -> str:
    """The figures of the demo's campaign."""
    return f"snippets/campaigns/campaign/inspect/{Campaign.objects.get().pk}/"


def room() -> Pages:
    """The public room of the demo's live session, and the list of all."""
    own = f"/live/{LiveSession.objects.earliest('pk').pk}/"
    return {"room": own, "rooms": "/live/", "remind-live": f"{own}remind/"}


def _live() -> Pages:
    """Of the demo's live session."""
    session = LiveSession.objects.earliest("pk")
    item, channel = session.shelf.first(), session.channels.last()
    assert item is not None and channel is not None
    own = f"live/{session.pk}/"
    return {
        "imports": "imports/",
        "import-new": "imports/new/",
        "settled": "imports/settled/",
        "import": f"imports/{make_import(User.objects.filter(is_staff=True)[0]).pk}/",
        "live": "live/",
        "live-new": "live/new/",
        "live-session": own,
        "live-screen": f"{own}screen/",
        "live-report": f"{own}report/",
        "live-edit": f"{own}edit/",
        "live-channel": f"{own}channels/{channel.pk}/",
        "live-card": f"{own}cards/{item.pk}/",
        "live-cards": f"{own}cards/",
        "live-desk": f"{own}desk/",
        "live-video": f"{own}video/",
    }


def _order(buyer: User, *codes: str) -> Any:
    return chain.buy([(Product.objects.get(upc=code), 2) for code in codes], user=buyer)


@cache
def happen(site: str) -> World:
    """At this site: orders in every state of one more buyer, a claim, a review, wishes.

    Nothing of the demo's own is used up, and what is sold out was never there.
    """
    buyer = User.objects.create_user(email=BUYER, password=PASSWORD)
    order = _order(buyer, "HSF-2", "PG-2")
    parcel = order.consignments.get(partner__code=COOPERATIVE)
    pack(parcel.pk, {line.pk: line.ordered_grams for line in parcel.lines.all()})
    share_out_due()
    arrived, claimed = _order(buyer, "PG-2", "HSF-2"), _order(buyer, "HSF-2")
    for each in (arrived, claimed):
        cases.arrive(each)
    line = cases.ConsignmentLine.objects.get(
        consignment__order=claimed, consignment__partner=parcel.partner
    )
    case = cases.write_case(claimed, line, kind="missing", packs=1, pictures=0)
    admin, first = User.objects.get(email="admin@example.org"), claimed.lines.get()
    review = reviews.write(
        claimed.number, first.pk, reviews.Draft(stars=5, text="很香", with_name=True), buyer
    )
    reviews.decide(
        review.pk, reviews.Decision(publish=True), seen_at=review.changed_at, actor=admin
    )
    produce = Produce.objects.get(code="PG")
    address_book.save_address(buyer, ADDRESS)
    wishes.keep(buyer, produce)
    wishes.remind(produce, Reminder.Kind.SEASON, user=buyer, guest=None, language="zh-hans")
    chain.make_pack(chain.make_produce("AXE"), [parcel.partner])
    return World(order, arrived, case.pk, claimed)
