"""What is kept no longer than the privacy notice says (settings.RETENTION_DAYS), once a night."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from oscar.core.loading import get_model

from catalog.clock import now
from livestream.platforms.uploads import forget_files
from livestream.room.chat import forget_chat
from storefront.accounts.blanking import (
    BLANK,
    NOBODY,
    blank_attempt,
    blank_messages,
    blank_order,
    finished,
)
from storefront.accounts.models import OneTimeCode
from storefront.aftersales.models import Refund
from storefront.notifications.models import Message
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt
from storefront.wishes.services import forget_reminders

# Of each kind in one night; what is left goes the next one.
MOST = 2_000


def _before(kind: str) -> datetime:
    return now() - timedelta(days=settings.RETENTION_DAYS[kind])


def forget() -> dict[str, int]:
    """Delete or blank all that has been kept long enough. Gives how much, by kind."""
    return {
        "codes": OneTimeCode.objects.filter(expires_at__lt=_before("codes")).delete()[0],
        "sessions": Session.objects.filter(expire_date__lt=_before("sessions")).delete()[0],
        "baskets": _baskets(),
        "messages": _messages(),
        "payments": _payments(),
        "contacts": _contacts(),
        "reminders": forget_reminders(_before("reminders")),
        "chat": forget_chat(_before("chat")),
        "exports": forget_files(_before("exports")),
    }


def _baskets() -> int:
    Basket = get_model("basket", "Basket")
    old = Basket.objects.filter(
        owner=None, order=None, payment_attempts=None, date_created__lt=_before("baskets")
    )
    chosen = list(old.order_by("pk").values_list("pk", flat=True)[:MOST])
    Basket.objects.filter(pk__in=chosen).delete()
    return len(chosen)


def _messages() -> int:
    old = Message.objects.filter(created_at__lt=_before("messages"))
    old = old.exclude(state=Message.State.WAITING).exclude(recipient__in=[NOBODY, "0"])
    chosen = list(old.order_by("pk").values_list("pk", flat=True)[:MOST])
    with transaction.atomic():
        return blank_messages(Message.objects.filter(pk__in=chosen))


def _payments() -> int:
    """Payments without an order: given up, or refunded because the goods were gone."""
    State = PaymentAttempt.State
    old = PaymentAttempt.objects.filter(
        state__in=[State.CLOSED, State.REFUNDED], created_at__lt=_before("payments")
    ).exclude(snapshot__contact__name=BLANK)
    waiting = Refund.objects.exclude(state=Refund.State.DONE).values("attempt")
    chosen = old.exclude(pk__in=waiting).order_by("created_at").values_list("pk", flat=True)[:MOST]
    for pk in list(chosen):
        with transaction.atomic():
            blank_attempt(PaymentAttempt.objects.select_for_update().get(pk=pk))
    return len(chosen)


def _contacts() -> int:
    """Orders that were finished long ago."""
    old = Order.objects.filter(date_placed__lt=_before("contacts")).exclude(
        shipping_address__first_name=BLANK
    )
    chosen = finished(old).order_by("date_placed").values_list("pk", flat=True)[:MOST]
    return sum(blank_order(pk) for pk in list(chosen))
