"""Who may do what in the portal (DESIGN §8): roles give rights, a view names the one it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from cooperatives.partner.models import Partner
from cooperatives.portal.models import Membership
from cooperatives.portal.selectors import cooperatives_of


class Right(Enum):
    """What a page or a button of the portal needs."""

    SEE_CONSIGNMENTS = auto()
    SEE_ADDRESSES = auto()
    PACK = auto()
    SEE_STOCK = auto()
    CHANGE_STOCK = auto()
    SEE_MONEY = auto()
    SHARE_OUT = auto()
    DECIDE_CASES = auto()


# A bookkeeper sees where a parcel goes, but not whose door: only who packs needs that.
RIGHTS = {
    Membership.Role.MANAGER: frozenset(Right),
    Membership.Role.PACKER: frozenset({Right.SEE_CONSIGNMENTS, Right.SEE_ADDRESSES, Right.PACK}),
    Membership.Role.BOOKKEEPER: frozenset(
        {Right.SEE_CONSIGNMENTS, Right.SEE_STOCK, Right.SEE_MONEY, Right.SHARE_OUT}
    ),
}


@dataclass(frozen=True)
class Desk:
    """One person at work for one cooperative. Every query of a view starts from `partner`."""

    partner: Partner
    rights: frozenset[Right]
    # The other cooperatives that this person works for: the switcher.
    others: tuple[Partner, ...] = ()

    @property
    def may(self) -> dict[str, bool]:
        """The rights by name, for templates: `desk.may.pack`."""
        return {right.name.lower(): right in self.rights for right in Right}


def desks_of(user: Any) -> list[Desk]:
    """The desks of a signed-in person, one per cooperative, by its code. One query."""
    partners = tuple(cooperatives_of(user))
    return [
        Desk(
            partner,
            frozenset().union(*(RIGHTS[Membership.Role(role)] for role in partner.roles)),
            tuple(other for other in partners if other != partner),
        )
        for partner in partners
    ]


def _desk(user: Any, code: str) -> Desk:
    for desk in desks_of(user):
        if desk.partner.code == code:
            return desk
    # Never 403: whether a cooperative of this code exists is nobody else's business.
    raise Http404


def to_login(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and back to this one; to the portal's door if this one only takes POST."""
    reading = request.method in ("GET", "HEAD")
    return redirect_to_login(request.get_full_path() if reading else reverse("portal:index"))


def portal_page(right: Right, *, methods: tuple[str, ...] = ("GET",)):
    """Make `view(request, desk, …)` a page of one cooperative: /coop/<code>/….

    Anonymous people go to the sign-in page; who has no membership there gets 404, whoever they
    are; a member whose roles lack `right` gets a page that says so, 403.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @never_cache
        @wraps(view)
        def page(request: HttpRequest, coop: str, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return to_login(request)
            desk = _desk(request.user, coop)
            if right not in desk.rights:
                return render(request, "portal/denied.html", {"desk": desk}, status=403)
            allowed = (*methods, "HEAD") if "GET" in methods else methods
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            return view(request, desk, **kwargs)

        return page

    return decorate
