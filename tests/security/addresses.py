"""Every address of the site, and who may go there."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

PEOPLE = ("anonymous", "buyer", "stranger", "manager_a", "manager_b", "staff")
OPEN = dict.fromkeys(PEOPLE, "ok")
MINE = {"buyer": "ok"}  # everybody else: not found
MY_OWN = {"buyer": "ok", "anonymous": "login"}
MEMBERS = OPEN | {"anonymous": "login"}
OF_A = {"manager_a": "ok", "anonymous": "login"}
OF_STAFF = {"staff": "ok"}


@dataclass(frozen=True)
class Address:
    """How an address answers: {person: "ok" | "login" | "missing" | "denied"} by GET and POST."""

    get: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    post: dict[str, str] | None = None  # None: as by GET
    # Answers others with its ordinary page, having done nothing.
    shrugs: bool = False


# Names of arguments are filled in from the world below.
COOP = {"coop": "coop"}
PARCEL = {"coop": "coop", "number": "consignment"}
ORDER = {"number": "order"}
ATTEMPT = {"uuid": "attempt"}
SAVED = {"pk": "saved"}
SESSION = {"session_id": "session"}
IMPORT = {"import_id": "import"}
SHELF_ITEM = {"session_id": "session", "item_id": "shelf_item"}
CAMPAIGN_LINK = {"pk": "campaign", "link_pk": "campaign_link"}
ADDRESSES = {
    "healthz": Address(OPEN, post={}),
    "readyz": Address(OPEN, post={}),
    "campaigns:follow": Address(OPEN, {"code": "link"}, post={}),
    # without a signature: refused for everybody
    "payments:stripe-webhook": Address({}),
    "set_language": Address(OPEN),
    "look:choose": Address({}, post=OPEN),
    # one desk's alone, as the mailbox
    "style": Address(OPEN, post={}),
    "impact:page": Address(OPEN, post={}),
    "impact:json": Address(OPEN, post={}),
    "impact:csv": Address(OPEN, post={}),
    "shop:produce-list": Address(OPEN, post={}),
    "shop:produce": Address(OPEN, {"code": "produce"}, post={}),
    "shop:produce-delivery": Address(OPEN, {"code": "produce"}, post={}),
    "search:suggest": Address(OPEN, post={}),
    "pictures:share": Address(OPEN, {"code": "produce"}, post={}),
    "pictures:og": Address(OPEN, {"code": "produce"}, post={}),
    "pictures:qr": Address(OPEN, {"code": "produce"}, post={}),
    "pictures:page-og": Address(OPEN, {"pk": "page"}, post={}),
    "shop:basket": Address(OPEN, post={}),
    "shop:basket-add": Address({}, post=OPEN),
    # the session of this world is a draft; one that is not live sells nothing
    "shop:room-buy": Address({}, SHELF_ITEM, shrugs=True),
    "shop:room-coupon": Address({}, SESSION, shrugs=True),
    "discounts:add": Address({}, post=OPEN),
    "discounts:remove": Address({}, post=OPEN),
    "shop:basket-line": Address({}, {"line_id": "basket_line"}, post=MINE, shrugs=True),
    "pages:robots": Address(OPEN, post={}),
    "pages:sitemap": Address(OPEN, post={}),
    "pages:sitemap-file": Address(OPEN, {"name": "sitemap_file"}, post={}),
    "pages:feed": Address(OPEN, {"language": "language"}, post={}),
    "accounts:login": Address(OPEN),
    "accounts:logout": Address({}, post=OPEN),
    "accounts:sign-up": Address(OPEN),
    "accounts:code": Address(OPEN),
    "accounts:code-enter": Address(OPEN),
    "accounts:code-new": Address(OPEN),
    "accounts:second-step": Address(MEMBERS),
    "accounts:second-step-own": Address(MEMBERS),
    "accounts:second-step-set-up": Address(MEMBERS),
    "accounts:second-step-codes": Address(MEMBERS),
    "accounts:second-step-file": Address(MEMBERS, post={}),
    # No campus is set up: test_campus_sign_in has one.
    "accounts:campus-go": Address({}),
    "accounts:campus-return": Address({}),
    "accounts:campus-new": Address({}),
    "accounts:campus": Address({}),
    "accounts:campus-connect": Address({}),
    "accounts:campus-disconnect": Address({}),
    "accounts:privacy": Address(OPEN, post={}),
    "accounts:divisions": Address(OPEN, post={}),
    "accounts:me": Address(MEMBERS, post={}),
    "accounts:profile": Address(MEMBERS),
    "accounts:password": Address(MEMBERS),
    "accounts:contact": Address(MEMBERS),
    "accounts:contact-enter": Address(MEMBERS),
    "accounts:sign-out-everywhere": Address({}, post=MEMBERS),
    "accounts:addresses": Address(MEMBERS, post={}),
    "accounts:address-new": Address(MEMBERS),
    "accounts:address": Address(MY_OWN, SAVED),
    "accounts:address-default": Address({}, SAVED, post=MY_OWN),
    "accounts:address-delete": Address({}, SAVED, post=MY_OWN),
    "accounts:data": Address(MEMBERS, post={}),
    "accounts:download": Address({}, post=MEMBERS),
    "accounts:delete": Address(MEMBERS),
    "accounts:after-login": Address(dict.fromkeys(PEOPLE, "ok") | {"anonymous": "login"}, post={}),
    "checkout:start": Address(OPEN),
    "checkout:review": Address(OPEN),
    "checkout:pay": Address(MINE, ATTEMPT, post={}),
    "checkout:return": Address(MINE, ATTEMPT, post={}),
    "checkout:give-up": Address({}, ATTEMPT, post=MINE),
    "checkout:renew": Address({}, ATTEMPT, post=MINE),
    "checkout:done": Address(MINE, ORDER, post={}),
    "orders:own": Address(dict.fromkeys(PEOPLE, "ok") | {"anonymous": "login"}, post={}),
    "orders:find": Address(OPEN),
    "orders:order": Address(MINE, ORDER, post={}),
    "orders:again": Address({}, ORDER, post=MINE),
    "orders:cancel": Address(MINE, ORDER),
    "shop-reviews:write": Address(MINE, {**ORDER, "line_id": "order_line"}),
    "shop-reviews:own-picture": Address(MINE, {**ORDER, "picture_id": "review_picture"}, post={}),
    "shop-reviews:of-produce": Address(OPEN, {"code": "produce"}, post={}),
    # The world's review waits: nobody sees its picture here.
    "shop-reviews:picture": Address(
        {}, {"key": "picture_key", "width": "width", "image_format": "format"}
    ),
    "wishes:favourites": Address(MEMBERS, post={}),
    "wishes:which": Address(OPEN, post={}),
    "wishes:favourite": Address({}, {"code": "produce"}, post=MEMBERS),
    "wishes:reminders": Address(MEMBERS, post={}),
    "wishes:reminder-delete": Address({}, {"pk": "reminder"}, post=MY_OWN),
    "wishes:remind": Address(OPEN, {"code": "produce"}),
    # The world's session is a draft, of which nobody is told.
    "wishes:remind-live": Address({}, SESSION),
    "orders:address": Address(MINE, ORDER),
    "cases:new": Address(MINE, {**ORDER, "line_id": "line"}),
    "cases:reply": Address({}, {**ORDER, "case_id": "case"}, post=MINE),
    "cases:escalate": Address({}, {**ORDER, "case_id": "case"}, post=MINE),
    "cases:picture": Address(MINE, {**ORDER, "picture_id": "picture"}, post={}),
    "messages:own": Address(dict.fromkeys(PEOPLE, "ok") | {"anonymous": "login"}),
    # Whoever has a message has its key.
    "messages:choose": Address(OPEN, {"key": "message_key"}),
    # One desk's alone; the suite's settings are one desk's.
    "mailbox:latest": Address(OPEN, post={}),
    "mailbox:one": Address(OPEN, {"name": "kept"}, post={}),
    "mailbox:html": Address(OPEN, {"name": "kept"}, post={}),
    "portal:index": Address({"anonymous": "login", "manager_a": "ok", "manager_b": "ok"}, post={}),
    "portal:home": Address(OF_A, COOP, post={}),
    "portal:consignments": Address(OF_A, COOP, post={}),
    "portal:consignment": Address(OF_A, PARCEL, post={}),
    "portal:packing-list": Address(OF_A, PARCEL, post={}),
    "portal:pack": Address({}, PARCEL, post=OF_A),
    "portal:ship": Address({}, PARCEL, post=OF_A),
    "portal:deliver": Address({}, PARCEL, post=OF_A),
    "portal:undo": Address({}, PARCEL, post=OF_A),
    "portal:pools": Address(OF_A, COOP, post={}),
    "portal:pool": Address(OF_A, {**COOP, "pk": "pool"}, post={}),
    "portal:lots": Address(OF_A, COOP, post={}),
    "portal:lot-new": Address(OF_A, COOP),
    "portal:lot": Address(OF_A, {**COOP, "pk": "lot"}, post={}),
    "portal:lot-write-off": Address({}, {**COOP, "pk": "lot"}, post=OF_A),
    "portal:promises": Address(OF_A, COOP, post={}),
    "portal:promise-new": Address(OF_A, COOP),
    "portal:households": Address(OF_A, COOP, post={}),
    "portal:household": Address(OF_A, {**COOP, "pk": "household"}, post={}),
    "portal:sales-pools": Address(OF_A, COOP, post={}),
    "portal:share-out": Address({}, COOP, post=OF_A),
    "portal:sales-pool": Address(OF_A, {**COOP, "pk": "sales_pool"}, post={}),
    "coop-cases:list": Address(OF_A, COOP, post={}),
    "coop-cases:case": Address(OF_A, {**COOP, "case_id": "case"}, post={}),
    "coop-cases:reply": Address({}, {**COOP, "case_id": "case"}, post=OF_A),
    "coop-cases:decide": Address({}, {**COOP, "case_id": "case"}, post=OF_A),
    "coop-cases:picture": Address(OF_A, {**COOP, "picture_id": "picture"}, post={}),
    # Wagtail's own outside its admin: pages for all; documents and passwords of what there is.
    "wagtail_serve": Address(OPEN, post=OPEN),
    "wagtaildocs_serve": Address({}),
    "wagtaildocs_authenticate_with_password": Address({}),
    "wagtailcore_authenticate_with_password": Address({}),
    "wagtailcore_login": Address(dict.fromkeys(PEOPLE, "login")),
    # Ours inside Wagtail's admin; the rest of the admin is walked as a whole below.
    "staff:orders": Address(OF_STAFF, post={}),
    "staff:order": Address(OF_STAFF, ORDER, post={}),
    "staff:refund": Address(OF_STAFF, ORDER),
    "staff:attribution": Address(OF_STAFF, {**ORDER, "line_id": "order_line"}),
    "staff:sharing-out": Address(OF_STAFF),
    "finance:payments": Address(OF_STAFF, post={}),
    "finance:gaps": Address(OF_STAFF, post={}),
    "discounts_staff:offers": Address(OF_STAFF, post={}),
    "discounts_staff:new-offer": Address(OF_STAFF),
    "discounts_staff:offer": Address(OF_STAFF, {"terms_id": "terms"}, post={}),
    "discounts_staff:edit-offer": Address(OF_STAFF, {"terms_id": "terms"}),
    "discounts_staff:pause-offer": Address({}, {"terms_id": "terms"}, post=OF_STAFF),
    "discounts_staff:gifts": Address(OF_STAFF, post={}),
    "discounts_staff:new-gift": Address(OF_STAFF),
    "discounts_staff:gift": Address(OF_STAFF, {"gift_id": "gift"}, post={}),
    "discounts_staff:hosts": Address(OF_STAFF),
    "discounts_staff:new-host": Address(OF_STAFF),
    "imports:list": Address(OF_STAFF, post={}),
    "imports:new": Address(OF_STAFF),
    "imports:import": Address(OF_STAFF, IMPORT, post={}),
    "imports:settled": Address(OF_STAFF),
    "imports:begin": Address({}, IMPORT, post=OF_STAFF),
    "imports:refused": Address(OF_STAFF, IMPORT, post={}),
    "live:sessions": Address(OF_STAFF, post={}),
    "live:new": Address(OF_STAFF),
    "live:words": Address({}, post=OF_STAFF),
    "live:screen": Address(OF_STAFF, SESSION, post={}),
    "live:session": Address(OF_STAFF, SESSION, post={}),
    "live:report": Address(OF_STAFF, SESSION, post={}),
    "live:report-file": Address(OF_STAFF, SESSION, post={}),
    "live:edit": Address(OF_STAFF, SESSION),
    "live:move": Address({}, SESSION, post=OF_STAFF),
    "live:delete": Address({}, SESSION, post=OF_STAFF),
    "live:new-channel": Address(OF_STAFF, SESSION),
    "live:channel": Address(OF_STAFF, {**SESSION, "channel_id": "session_channel"}),
    "live:remove-channel": Address({}, {**SESSION, "channel_id": "session_channel"}, post=OF_STAFF),
    "live:add-item": Address({}, SESSION, post=OF_STAFF),
    "live:item": Address({}, {**SESSION, "item_id": "shelf_item"}, post=OF_STAFF),
    "live:cards": Address(OF_STAFF, SESSION, post={}),
    "live:card": Address(OF_STAFF, {**SESSION, "item_id": "shelf_item"}),
    "desk:desk": Address(OF_STAFF, SESSION, post={}),
    "desk:act": Address({}, SESSION, post=OF_STAFF),
    "room:rooms": Address(OPEN, post={}),
    "live-video:video": Address(OF_STAFF, SESSION),
    # without the media server's secret: nothing for anybody
    "video:nginx": Address({}, post={}),
    "video:srs": Address({}, post={}),
    "video:mediamtx": Address({}, post={}),
    # The world's session is a draft: its room is for staff.
    "room:room": Address(OF_STAFF, SESSION, post={}),
    "room:now": Address(OF_STAFF, SESSION, post={}),
    "room:say": Address({}, SESSION, post=OF_STAFF),
    "room:like": Address({}, SESSION, post=OF_STAFF),
    "staff-cases:list": Address(OF_STAFF, post={}),
    "staff-cases:case": Address(OF_STAFF, {"case_id": "case"}, post={}),
    "staff-cases:reply": Address({}, {"case_id": "case"}, post=OF_STAFF),
    "staff-cases:decide": Address({}, {"case_id": "case"}, post=OF_STAFF),
    "staff-cases:assign": Address({}, {"case_id": "case"}, post=OF_STAFF),
    "staff-cases:bearer": Address({}, {"case_id": "case"}, post=OF_STAFF),
    # The case is no dispute: there is no bank to answer.
    "staff-cases:evidence": Address({}, {"case_id": "case"}),
    "staff-cases:accept": Address({}, {"case_id": "case"}),
    "staff-reviews:list": Address(OF_STAFF, post={}),
    "staff-reviews:review": Address(OF_STAFF, {"review_id": "review"}),
    "staff-reviews:picture": Address(OF_STAFF, {"picture_id": "review_picture"}, post={}),
    "wagtailsnippets_campaigns_campaign:print": Address(OF_STAFF, {"pk": "campaign"}, post={}),
    "wagtailsnippets_campaigns_campaign:png": Address(OF_STAFF, CAMPAIGN_LINK, post={}),
    "wagtailsnippets_campaigns_campaign:svg": Address(OF_STAFF, CAMPAIGN_LINK, post={}),
    "staff-cases:picture": Address(OF_STAFF, {"picture_id": "picture"}, post={}),
}


def resolve(world: dict[str, Any], name: str, address: Address) -> str:
    """The address with the arguments that this world has for it."""
    if name == "wagtail_serve":
        return "/"
    if name == "wagtaildocs_serve":
        return reverse(name, args=[1, "a.pdf"])
    if name.endswith("_authenticate_with_password"):
        ids = [1] if name.startswith("wagtaildocs") else [1, 1]
        return reverse(name, args=ids)
    return reverse(name, kwargs={key: world[of] for key, of in address.arguments.items()})
