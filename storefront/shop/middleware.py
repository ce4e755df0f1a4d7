"""Which basket a request has."""

from typing import Any

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import ngettext
from oscar.apps.basket.middleware import BasketMiddleware as OscarBasketMiddleware
from oscar.core.loading import get_model

from storefront.payments.models import GatewayName, PaymentAttempt
from storefront.shop.requests import ShopRequest
from storefront.shop.services import merge_baskets

Basket = get_model("basket", "Basket")


class BasketMiddleware(OscarBasketMiddleware):
    """Oscar's, with four differences.

    A basket whose card payment is under way stays the request's basket, frozen, and a guest keeps
    its cookie: Oscar would forget it, and giving up the payment would lose it. A transfer takes
    days: who waits for one goes on with a new basket. Merging at sign-in adds
    packs up and happens once, also when two requests arrive together. Looking at a page makes no
    basket in the database. And offers are left to the one pricing function (ADR 0012).
    """

    def apply_offers_to_basket(self, request: ShopRequest, basket: Any) -> None:
        """Not here: Oscar would load every offer of the site with each basket."""

    def get_basket(self, request: ShopRequest) -> Any:
        """The basket whose payment is under way, else the open one, else a new unsaved one."""
        if request._basket_cache is None:
            if request.user.is_authenticated:
                request._basket_cache = self._of_member(request)
            else:
                request._basket_cache = self._of_cookie(request) or Basket()
        return request._basket_cache

    def _usable(self) -> Any:
        paying = PaymentAttempt.objects.filter(
            basket=OuterRef("pk"), state=PaymentAttempt.State.OPEN, gateway=GatewayName.STRIPE
        )
        return Basket.objects.filter(
            Q(status=Basket.OPEN) | Q(Exists(paying), status=Basket.FROZEN)
        )

    def _of_member(self, request: ShopRequest) -> Any:
        baskets = list(self._usable().filter(owner=request.user).order_by("pk"))
        frozen = [basket for basket in baskets if basket.status == Basket.FROZEN]
        basket = (frozen or baskets or [Basket(owner=request.user)])[0]
        # Sparing a query when its owner is asked for.
        basket.owner = request.user
        if frozen:
            return basket
        others = baskets[1:]
        guests = self._of_cookie(request)
        if guests is not None and guests.status == Basket.OPEN:
            others.append(guests)
            request.cookies_to_delete.append(self.get_cookie_key(request))
        moved = 0
        for other in others:
            if basket.pk is None:
                basket.save()
            moved += merge_baskets(basket.pk, other.pk)
        if moved:
            messages.info(
                request,
                ngettext(
                    "%(count)d pack from before you signed in is in your basket.",
                    "%(count)d packs from before you signed in are in your basket.",
                    moved,
                )
                % {"count": moved},
            )
        return basket

    def _of_cookie(self, request: ShopRequest) -> Any:
        """The guest's basket that the cookie names. A cookie that names none is deleted."""
        key = self.get_cookie_key(request)
        if key not in request.COOKIES:
            return None
        try:
            basket_id = int(Signer().unsign(request.COOKIES[key]))
        except (BadSignature, ValueError):
            basket_id = 0
        basket = self._usable().filter(pk=basket_id, owner=None).first()
        if basket is None:
            request.cookies_to_delete.append(key)
        return basket
