"""The programme's roles as groups with permissions (DESIGN §8).

A cooperative's people are not here: their role is a row of `portal.Membership`. Oscar's
`partner.dashboard_access` is never granted: with it one cooperative reads another's orders.
"""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from storefront.pages.services import seed_moderation

OURS = (
    "accounts",
    "aftersales",
    "campaigns",
    "cases",
    "catalogue",
    "discounts",
    "households",
    "ledger",
    "live_sessions",
    "notifications",
    "order",
    "pages",
    "partner",
    "payments",
    "platforms",
    "portal",
    "produce_search",
    "routing",
    "settlement",
    "shop_reviews",
    "wishes",
)
MEDIA = ("wagtailimages", "wagtaildocs")
# Written by the chain alone; nobody edits them by hand, and some refuse it in the database.
OF_THE_CHAIN = ("ledger", "notifications", "payments", "order")
MOVED_BY_SERVICES = (
    "buyercount",
    "gift",
    "giftmove",
    "hostpayment",
    "terms",
    "use",
    "case",
    "caseentry",
    "casepicture",
    "consignment",
    "consignmentevent",
    "consignmentline",
    "cuecard",
    "dispute",
    "document",
    "draw",
    "drawing",
    "favourite",
    "lineattribution",
    "linktouch",
    "livesession",
    "lot",
    "pickingday",
    "promise",
    "refund",
    "refundline",
    "releasehold",
    "reminder",
    "reservation",
    "reservationline",
    "review",
    "reviewpicture",
    "salespool",
    "sessionchannel",
    "sessionevent",
    "sharingout",
    "shelfitem",
    "stockmove",
    "stockpool",
    "term",
    "villageimport",
    "writeoff",
)
# Who may make offers, issue gift vouchers and enter what hosts pay in.
DISCOUNTS = (
    "discounts.add_terms",
    "discounts.change_terms",
    "discounts.add_gift",
    "discounts.add_hostpayment",
)
PAGE_PERMISSIONS = {
    # What an editor submits, a moderator publishes (storefront.pages.services.seed_moderation).
    "editor": ("add", "change"),
    "moderator": ("add", "change", "lock", "publish", "unlock"),
    "administrator": ("add", "bulk_delete", "change", "lock", "publish", "unlock"),
}


class Role(StrEnum):
    """The names of the groups."""

    FINANCE = "finance"
    AUDITOR = "auditor"
    EDITOR = "editor"
    MODERATOR = "moderator"
    ADMINISTRATOR = "administrator"


WITH_MEDIA = (Role.EDITOR, Role.MODERATOR, Role.ADMINISTRATOR)


@transaction.atomic
def seed_roles() -> dict[Role, Group]:
    """Make the groups, and give each exactly the permissions of its role."""
    groups = {}
    for role, permissions in _permissions().items():
        group, _ = Group.objects.get_or_create(name=role.value)
        group.permissions.set(permissions)
        _give_pages(group, PAGE_PERMISSIONS.get(role.value, ()))
        _give_media(group, role in WITH_MEDIA)
        groups[role] = group
    seed_moderation((groups[Role.MODERATOR], groups[Role.ADMINISTRATOR]))
    return groups


def _permissions() -> dict[Role, set[Permission]]:
    admin = _named(("wagtailadmin.access_admin",))
    reading = _of(OURS, ("view",))
    editing = _editing()
    return {
        Role.AUDITOR: admin | reading,
        Role.FINANCE: admin
        | _of(
            (
                "aftersales",
                "cases",
                "discounts",
                "ledger",
                "order",
                "partner",
                "payments",
                "platforms",
                "routing",
                "settlement",
            ),
            ("view",),
        )
        | _named(
            (
                "campaigns.view_campaign",
                *DISCOUNTS,
                "aftersales.add_refund",
                "aftersales.change_refund",
                "payments.change_gap",
                "payments.change_offlinepayment",
                "platforms.add_platformimport",
                "notifications.view_message",
                "cases.change_case",
                "settlement.add_creditrule",
                "settlement.add_sharingout",
                "routing.add_freightrate",
                "routing.change_freightrate",
                "routing.delete_freightrate",
            )
        ),
        Role.EDITOR: admin | editing,
        Role.MODERATOR: admin
        | editing
        | _named(("shop_reviews.view_review", "shop_reviews.change_review")),
        Role.ADMINISTRATOR: admin
        | reading
        | _of(OURS, ("add", "change", "delete"), by_hand=True)
        | _named(
            (
                *DISCOUNTS,
                "live_sessions.change_livesession",
                "platforms.add_platformimport",
                "aftersales.add_refund",
                "cases.change_case",
                "campaigns.add_lineattribution",
                "payments.change_gap",
                "payments.change_offlinepayment",
                "notifications.add_messagetext",
                "notifications.change_message",
                "settlement.add_sharingout",
                "shop_reviews.change_review",
            )
        )
        | _of(("auth", "wagtailredirects", "wagtailcore"), ("add", "change", "delete", "view")),
    }


def _editing() -> set[Permission]:
    """What editors and moderators share: they differ in who may publish a page."""
    return (
        _of(("campaigns",), ("add", "change", "delete", "view"), by_hand=True)
        | _named(
            (
                "catalogue.view_produce",
                "catalogue.add_produce",
                "catalogue.change_produce",
                "catalogue.view_category",
                "catalogue.change_category",
                "catalogue.view_product",
                "partner.view_partner",
                "partner.change_partner",
                "notifications.add_messagetext",
                "notifications.view_messagetext",
                "live_sessions.view_livesession",
                "live_sessions.change_livesession",
            )
        )
        | _of(("produce_search",), ("add", "change", "delete", "view"), by_hand=True)
    )


def _of(labels: Iterable[str], actions: Iterable[str], *, by_hand: bool = False) -> set[Permission]:
    """The permissions of some apps' models. `by_hand`: without what only the chain writes."""
    starts = Q()
    for action in actions:
        starts |= Q(codename__startswith=f"{action}_")
    found = Permission.objects.filter(starts, content_type__app_label__in=labels)
    if by_hand:
        found = found.exclude(content_type__app_label__in=OF_THE_CHAIN).exclude(
            content_type__model__in=MOVED_BY_SERVICES
        )
    return set(found)


def _named(names: Iterable[str]) -> set[Permission]:
    """Permissions by "app.codename"; one that does not exist is an error of this file."""
    found = set()
    for name in names:
        label, codename = name.split(".")
        found.add(Permission.objects.get(content_type__app_label=label, codename=codename))
    return found


def _give_pages(group: Group, actions: Iterable[str]) -> None:
    root = Page.get_first_root_node()
    wanted = set(
        Permission.objects.filter(
            content_type__app_label="wagtailcore",
            codename__in=[f"{action}_page" for action in actions],
        )
    )
    GroupPagePermission.objects.filter(group=group).exclude(permission__in=wanted).delete()
    for permission in wanted:
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)


def _give_media(group: Group, editing: bool) -> None:
    root = Collection.get_first_root_node()
    actions = ("add", "change", "choose", "delete") if editing else ()
    wanted = set(
        Permission.objects.filter(
            content_type__app_label__in=MEDIA,
            content_type__model__in=("image", "document"),
            codename__in=[
                f"{action}_{kind}" for action in actions for kind in ("image", "document")
            ],
        )
    )
    GroupCollectionPermission.objects.filter(group=group).exclude(permission__in=wanted).delete()
    for permission in wanted:
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=root, permission=permission
        )
