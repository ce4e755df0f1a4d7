"""Two cooperatives and all kinds of people, for the tests that walk the whole site."""

from datetime import timedelta
from typing import Any

from django.test import Client
from wagtail.models import Page

from catalog.clock import now
from cooperatives.portal.models import Membership
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.services import pack
from livestream.campaigns.models import Campaign, TrackedLink
from storefront.accounts.address_book import save_address
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.aftersales.cases.models import CasePicture
from storefront.aftersales.cases.pictures import make_anew
from storefront.notifications.links import preference_key
from storefront.notifications.models import Message
from storefront.pages.models import HomePage
from storefront.reviews.models import Review, ReviewPicture
from storefront.wishes.services import remind
from tests.security.addresses import PEOPLE
from tests.support import chain, discounts, sessions
from tests.support.cases import photo, write_case
from tests.support.platform_export import make_import


def make_world() -> dict[str, Any]:
    """Two cooperatives, an order of the buyer's at A, a payment of theirs under way."""
    seed_roles()
    grove = chain.make_grove("A", grams=100_000)
    other = chain.make_grove("B", grams=100_000)
    people = {
        name: User.objects.create_user(email=f"{name}@example.org", password="secret-words-9")
        for name in PEOPLE[1:]
    }
    for name, partner in (("manager_a", grove.partner), ("manager_b", other.partner)):
        Membership.objects.create(user=people[name], partner=partner, role="manager")
    people["staff"].is_staff = True
    people["staff"].save()
    people["staff"].groups.add(seed_roles()[Role.ADMINISTRATOR])
    order = chain.buy([(grove.pack, 2)], user=people["buyer"])
    consignment = Consignment.objects.get(order=order)
    pack(consignment.pk, {})
    attempt = chain.start([(grove.pack, 1)], user=people["buyer"])
    basket = chain.make_basket([(grove.pack, 1)], people["buyer"])
    kept = Message.objects.create(
        kind="shipped",
        reference=f"consignment:{consignment.pk}:X",
        channel="sms",
        order=order,
        recipient="13800000000",
        language="en",
        state="sent",
        try_at=now(),
        created_at=now(),
        sent_at=now(),
        text="Sent",
    )
    line = ConsignmentLine.objects.get(consignment=consignment)
    case = write_case(order, line, kind="other", pictures=1)
    review = Review.objects.create(
        produce=grove.produce,
        order_line=order.lines.get(),
        user=people["buyer"],
        stars=5,
        created_at=now(),
        changed_at=now(),
    )
    review_picture = ReviewPicture.objects.create(review=review, image=make_anew(photo()))
    remind(grove.produce, "stock", user=people["buyer"], guest=None, language="en")
    evening = sessions.make_session(channels=1, packs=[grove.pack])
    campaign = Campaign.objects.create(
        code="walk", name_zh="推广", starts_at=now(), ends_at=now() + timedelta(days=1)
    )
    TrackedLink.objects.create(code="WALK", campaign=campaign, channel="poster")
    clients = {person: Client(raise_request_exception=False) for person in PEOPLE}
    for person, user in people.items():
        clients[person].force_login(user)
    return {
        "people": people,
        "clients": clients,
        "coop": grove.partner.code,
        "consignment": consignment.number,
        "pool": chain.pool_of(grove.partner, grove.produce).pk,
        "lot": grove.partner.pools.get().lots.get().pk,
        "household": grove.partner.households.first().pk,
        "sales_pool": grove.partner.pools.get().sales_pools.get().pk,
        "order": order.number,
        "order_line": order.lines.get().pk,
        "line": line.pk,
        "case": case.pk,
        "picture": CasePicture.objects.get(entry__case=case).pk,
        "review": review.pk,
        "review_picture": review_picture.pk,
        "picture_key": review_picture.key,
        "width": 240,
        "format": "webp",
        "reminder": people["buyer"].reminders.get().pk,
        "attempt": attempt.uuid,
        "basket_line": basket.lines.get().pk,
        "produce": grove.produce.code,
        "terms": discounts.offer("WALK").pk,
        "gift": discounts.gift(5000).pk,
        "session": evening.pk,
        "import": make_import(people["staff"]).pk,
        "session_channel": evening.channels.get().pk,
        "shelf_item": evening.shelf.get().pk,
        "saved": save_address(people["buyer"], {"name": "买家", "province": "北京"}).pk,
        "link": "NOSUCH",
        "campaign": campaign.pk,
        "campaign_link": campaign.links.get().pk,
        "page": Page.get_first_root_node().add_child(instance=HomePage(title="家", slug="jia")).pk,
        "sitemap_file": "pages",
        "language": "en",
        "message_key": preference_key(kept.pk),
        "kept": f"message-{kept.pk}",
    }
