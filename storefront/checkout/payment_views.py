"""The payment's pages. Only the session or the user that started an attempt sees it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from livestream.campaigns.services import candidates
from storefront.accounts.limits import by_session, too_often, wait_page
from storefront.checkout import selectors
from storefront.checkout.views import PAYMENTS_PER_SESSION, refuse
from storefront.headers import in_addition
from storefront.payments.finalizing import finalize
from storefront.payments.gateway import GatewayDown, GatewayRefused
from storefront.payments.models import GatewayName, OfflinePayment, PaymentAttempt
from storefront.payments.renewing import renew
from storefront.payments.services import CannotPay, abandon, ensure_intent
from storefront.shop.order_selectors import may_see, order_page
from storefront.shop.requests import ShopRequest

State = PaymentAttempt.State
# Refused where it should answer is not known either: "processing", never "failed" (DESIGN §4).
UNKNOWN = (GatewayDown, GatewayRefused)
STRIPE_LOCALES = {"zh-hans": "zh", "en": "en"}


def _own(request: ShopRequest, uuid: UUID) -> PaymentAttempt:
    attempt = selectors.own_attempt(request, uuid)
    if attempt is None:
        raise Http404("No such payment")
    return attempt


@require_safe
@never_cache
@in_addition(settings.PAYMENT_CONTENT_SECURITY_POLICY)
def pay(request: ShopRequest, uuid: UUID) -> HttpResponse:
    """The card form, the amount and the time left; or where to transfer the money to."""
    attempt = _own(request, uuid)
    left = selectors.seconds_left(attempt)
    if attempt.state != State.OPEN or not left or not attempt.amount_fen:
        # What became of it, only the payment service knows for certain.
        return redirect("checkout:return", uuid=uuid)
    try:
        attempt = ensure_intent(attempt)
    except UNKNOWN:
        return _waiting(request, attempt, _("The payment service does not answer yet."))
    if attempt.state != State.OPEN:
        return redirect("checkout:return", uuid=uuid)
    if attempt.gateway == GatewayName.OFFLINE:
        return _transfer(request, attempt)
    return render(
        request,
        "checkout/pay.html",
        {
            "attempt": attempt,
            "seconds_left": left,
            "stripe_js": settings.STRIPE_JS_URL,
            "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
            "stripe_locale": STRIPE_LOCALES.get(get_language() or "", "auto"),
            "words": {
                "paying": _("Paying …"),
                "refused": _("The card was not accepted. You can try again or use another card."),
                "unreachable": _("The payment form could not be loaded. Please load it again."),
            },
        },
    )


def _transfer(request: HttpRequest, attempt: PaymentAttempt) -> HttpResponse:
    """The account, the amount and the code to write on the transfer."""
    payment = OfflinePayment.objects.get(attempt=attempt)
    if payment.state != OfflinePayment.State.WAITING:
        return redirect("checkout:return", uuid=attempt.uuid)
    return render(
        request,
        "checkout/transfer.html",
        {
            "attempt": attempt,
            "payment": payment,
            "instructions": settings.OFFLINE_PAYMENT_INSTRUCTIONS,
        },
    )


def _waiting(request: HttpRequest, attempt: PaymentAttempt, reason: str = "") -> HttpResponse:
    """Not known yet: the page asks again by itself, also without JavaScript."""
    answer = render(request, "checkout/processing.html", {"attempt": attempt, "reason": reason})
    answer.headers["Refresh"] = f"4; url={reverse('checkout:return', args=[attempt.uuid])}"
    return answer


@require_safe
@never_cache
def come_back(request: ShopRequest, uuid: UUID) -> HttpResponse:
    """Where the payment leads: the order, or what became of it."""
    attempt = _own(request, uuid)
    try:
        outcome = finalize(attempt.uuid)
    except UNKNOWN:
        return _waiting(request, attempt)
    if outcome.kind == "order" and outcome.order is not None:
        return redirect("checkout:done", number=outcome.order.number)
    if outcome.kind == "processing":
        return _waiting(request, attempt)
    if outcome.kind == "open":
        if selectors.seconds_left(attempt):
            if attempt.gateway == GatewayName.OFFLINE:
                return redirect("checkout:pay", uuid=uuid)
            messages.info(request, _("The payment has not gone through yet."))
            return redirect("checkout:pay", uuid=uuid)
        return _expired(request, attempt)
    return _ended(request, attempt)


def _expired(request: HttpRequest, attempt: PaymentAttempt) -> HttpResponse:
    """Time is over and Stripe says that nothing was paid: the goods go back, the basket opens."""
    try:
        attempt = abandon(attempt.uuid)
    except UNKNOWN:
        return _waiting(request, attempt)
    if attempt.state == State.OPEN:
        return _waiting(request, attempt)
    if attempt.state == State.PLACED:
        return redirect("checkout:return", uuid=attempt.uuid)
    return _ended(request, attempt)


def _ended(request: HttpRequest, attempt: PaymentAttempt, total_fen: int = 0) -> HttpResponse:
    """The payment is over; while the basket is open, one tap pays for it after all.

    `total_fen` is what it costs now, where that is not what it cost then.
    """
    attempt.refresh_from_db()
    return render(
        request,
        "checkout/ended.html",
        {
            "attempt": attempt,
            "outcome": str(attempt.state),
            "renewable": attempt.state == State.CLOSED and attempt.basket.status == "Open",
            "total_fen": total_fen or attempt.amount_fen,
            "changed": bool(total_fen),
        },
    )


@require_POST
def renewal(request: ShopRequest, uuid: UUID) -> HttpResponse:
    """Pay after all: a new attempt for the same goods. A changed total is shown first."""
    attempt = _own(request, uuid)
    if too_often(request, "checkout.start", by_session, PAYMENTS_PER_SESSION):
        return wait_page(request)
    agreed = request.POST.get("total", "")
    if not agreed.isdecimal() or len(agreed) > 15:
        return redirect("checkout:return", uuid=uuid)
    try:
        new = renew(
            attempt,
            language=get_language() or "",
            user=request.user,
            touches=candidates(request),
            agreed_fen=int(agreed),
        )
    except CannotPay as refusal:
        if refusal.kind == "changed" and refusal.total_fen:
            return _ended(request, attempt, refusal.total_fen)
        return refuse(request, refusal)
    except UNKNOWN:
        return _waiting(request, attempt)
    selectors.remember(request, new)
    return redirect("checkout:pay" if new.state == State.OPEN else "checkout:return", uuid=new.uuid)


@require_POST
def give_up(request: ShopRequest, uuid: UUID) -> HttpResponse:
    """Give the payment up. If it was paid at the same moment, the order counts."""
    attempt = _own(request, uuid)
    try:
        attempt = abandon(attempt.uuid)
    except UNKNOWN:
        messages.warning(
            request, _("The payment service does not answer. Please try again in a moment.")
        )
        return redirect("shop:basket")
    if attempt.state == State.CLOSED:
        messages.info(request, _("You gave the payment up. Your basket is open again."))
        return redirect("shop:basket")
    return redirect("checkout:return", uuid=uuid)


@require_safe
@never_cache
def done(request: HttpRequest, number: str) -> HttpResponse:
    """Thank you: the order's page, just after it was placed."""
    if not may_see(request, number):
        raise Http404("No such order")
    return render(request, "orders/order.html", {"shown": order_page(number), "thanks": True})
