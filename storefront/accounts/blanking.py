"""Taking a person out of the books, while every figure stays.

Orders, payments, their changes of address and messages belong to the sealed tables (ADR 0011).
Nothing goes around that: each row is changed by an ordinary UPDATE, which renews its seal; the
append-only changes of address by a function of the database that can only blank
(`shanhuo_blank_address_change`). Goods, amounts, times, province, city and district stay.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from livestream.offers.holding import forget_buyer
from storefront.aftersales.cases.models import Case, CaseEntry, CasePicture
from storefront.aftersales.models import AddressChange, Refund
from storefront.discounts.holding import BUYER_COUNTS
from storefront.discounts.models import Use
from storefront.notifications.models import Message, Preference
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt

BLANK = "—"
NOBODY = "blanked@invalid.invalid"
UNDER_WAY = ("paid", "packed", "shipped")
# A picture of one white dot: what stands where somebody's picture was.
WHITE = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb0043000302020302020303030304030304050805050404050a"
    "070706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffc0000b08"
    "0001000101011100ffc40014000100000000000000000000000000000009ffc400141001000000000000000000000000"
    "00000000ffda0008010100003f002a9fffd9"
)


def finished(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Of these orders those where nothing is under way: no parcel, no question, no refund."""
    return orders.exclude(pk__in=unfinished(orders).values("pk"))


def unfinished(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Of these orders those with a parcel under way, an open question or a refund to come."""
    open_cases = Case.objects.exclude(state=Case.State.CLOSED).filter(order__isnull=False)
    refunds = Refund.objects.exclude(state=Refund.State.DONE).filter(order__isnull=False)
    return orders.filter(
        Q(consignments__state__in=UNDER_WAY)
        | Q(pk__in=open_cases.values("order"))
        | Q(pk__in=refunds.values("order"))
    ).distinct()


@transaction.atomic
def blank_order(order_id: int) -> bool:
    """Take the person out of a finished order. False: something is under way, nothing changed."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if unfinished(Order.objects.filter(pk=order_id)).exists():
        return False
    _keep_choice(order)
    attempt = PaymentAttempt.objects.select_for_update().filter(order=order).first()
    if attempt is not None:
        blank_attempt(attempt)
    for change in AddressChange.objects.filter(order=order):
        with connection.cursor() as cursor:
            cursor.execute("SELECT shanhuo_blank_address_change(%s)", [change.pk])
    address = order.shipping_address
    if address is not None:
        address.first_name, address.last_name, address.line1 = BLANK, "", BLANK
        address.line2 = address.notes = address.phone_number = ""
        address.save()
    order.contact_phone = ""
    order.save(update_fields=["guest_email", "contact_phone"])
    blank_messages(Message.objects.filter(order=order))
    _blank_cases(order)
    return True


def _keep_choice(order: Order) -> None:
    """A message that a guest did not want stays explained by a choice that names nobody."""
    contact = order.guest_email.lower() or order.contact_phone
    order.guest_email = ""
    if order.user_id or not contact:
        return
    choice = Preference.objects.filter(contact=contact).first()
    if choice is None:
        return
    gone = f"blanked-{order.pk}@invalid.invalid"
    order.guest_email = gone
    others = Order.objects.filter(Q(guest_email__iexact=contact) | Q(contact_phone=contact))
    if others.exclude(pk=order.pk).filter(user=None).exists():
        choice = Preference(choices=choice.choices, changed_at=choice.changed_at)
    choice.contact = gone
    choice.save()


def blank_attempt(attempt: PaymentAttempt) -> None:
    """Take the person out of a payment's snapshot, and out of the counts of its discounts."""
    snapshot = attempt.snapshot
    snapshot["contact"] = {"name": BLANK, "email": "", "phone": ""}
    snapshot["address"] |= {"name": BLANK, "phone": "", "street": BLANK}
    keys = {
        key: f"gone:{attempt.pk}:{key.partition(':')[0]}"
        for key in snapshot.get("buyer", [])
        if key.startswith(("phone:", "email:"))
    }
    snapshot["buyer"] = [keys.get(key, key) for key in snapshot.get("buyer", [])]
    attempt.save(update_fields=["snapshot"])
    for use in Use.objects.filter(attempt=attempt).exclude(buyer=[]).order_by("terms_id"):
        use.buyer = [keys.get(key, key) for key in use.buyer]
        use.save(update_fields=["buyer"])
        if use.state != Use.State.RELEASED and use.terms_id:
            BUYER_COUNTS.pass_on(use.terms_id, keys, 1)
    forget_buyer(attempt.pk, keys)


def blank_messages(messages: QuerySet[Message]) -> int:
    """Take text and address out of messages that are sent or given up. Gives how many."""
    done = messages.exclude(state=Message.State.WAITING)
    count = 0
    for message in done.exclude(recipient__in=[NOBODY, "0"]):
        message.recipient = NOBODY if message.channel == Message.Channel.MAIL else "0"
        message.context = {k: v for k, v in message.context.items() if k != "text"}
        message.subject = BLANK if message.subject else ""
        message.text = BLANK if message.text else ""
        message.error = ""
        message.save(update_fields=["recipient", "context", "subject", "text", "error"])
        count += 1
    return count


def _blank_cases(order: Order) -> None:
    entries = CaseEntry.objects.filter(case__order=order, author_kind=CaseEntry.Author.BUYER)
    entries.exclude(text="").update(text=BLANK)
    blank_pictures(CasePicture.objects.filter(entry__in=entries))


def blank_pictures(pictures: Iterable[CasePicture]) -> None:
    """Put one white dot where each picture was; its row stays as it is."""
    for picture in pictures:
        transaction.on_commit(partial(_overwrite, picture.image.storage, picture.image.name))


def _overwrite(storage: Any, name: str | None) -> None:
    if name and storage.exists(name):
        storage.delete(name)
        storage.save(name, ContentFile(WHITE))
