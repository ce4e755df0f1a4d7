"""The outbox: a message is queued in the transaction that it tells of, and sent after commit.

Each is sent once, as far as mail allows: a sender claims the row, sends, then marks it. If it
dies between sending and marking, the message goes out a second time; it is never lost.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from catalog.clock import now
from cooperatives.routing.models import Consignment
from storefront.notifications.channels import channel
from storefront.notifications.models import Message
from storefront.notifications.preferences import Buyer, buyer_of, channels_for
from storefront.notifications.rendering import Said, build
from storefront.order.models import Order

log = logging.getLogger(__name__)
State = Message.State
MOST_TRIES = 10
# Nobody else takes a message that long after it was claimed, nor tries again sooner.
FIRST_WAIT = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=6)


def queue(
    kind: str,
    reference: str,
    order: Order | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Queue a message to the buyer, inside the caller's transaction; sent after its commit.

    One per (kind, reference) and channel: the second is nothing. By which channels, the buyer
    chose; what they do not want is written down as such. Without an order, `context` has "email"
    and "language", and may have "phone", and "user", the id of a member. A buyer who cannot be
    reached gets none. `context` is JSON: ids and amounts; "text" is what somebody wrote to them.
    """
    values = dict(context or {})
    if order is None:
        email, phone = values.pop("email", ""), values.pop("phone", "")
        buyer = Buyer(email, phone, values.get("user"))
        language = values.pop("language", "")
    else:
        buyer, language = buyer_of(order), order.language
    if Message.objects.filter(kind=kind, reference=reference).exists():
        return  # also when the buyer chose other channels since
    channels, wanted = channels_for(buyer, kind)
    moment = now()
    messages = [
        Message(
            kind=kind,
            reference=reference,
            channel=channel,
            order=order,
            recipient=buyer.reached_by(channel),
            language=language or settings.LANGUAGE_CODE,
            context=values,
            state=State.WAITING if wanted else State.UNWANTED,
            created_at=moment,
            try_at=moment,
        )
        for channel in channels
    ]
    if messages:
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        transaction.on_commit(lambda: _enqueue_waiting(kind, reference))


def tell_ready(consignment_id: int, place: str = "") -> None:
    """Queue that a parcel can be fetched at a place, inside the caller's transaction; once each."""
    consignment = Consignment.objects.select_related("order__user").get(pk=consignment_id)
    context = {"consignment": consignment_id, "place": place}
    queue(Message.Kind.READY, f"consignment:{consignment_id}:ready", consignment.order, context)


def _enqueue_waiting(kind: str, reference: str) -> None:
    waiting = Message.objects.filter(kind=kind, reference=reference, state=State.WAITING)
    for message_id in waiting.values_list("pk", flat=True):
        enqueue(message_id)


def enqueue(message_id: int) -> None:
    """Have a worker send a message. With the broker down it waits for the sweep."""
    from storefront.notifications.tasks import send_message

    try:
        send_message.delay(message_id)
    except OperationalError as error:
        log.warning("message %s waits for the sweep: %s", message_id, error)


def send(message_id: int) -> bool:
    """Send a message that waits and that nobody else is sending; says whether it went out.

    Call it outside any transaction: it talks to the mail server.
    """
    message = _claim(message_id)
    if message is None:
        return False
    try:
        said = build(message)
        channel(message.channel).send(message, said)
    except Exception as error:  # whatever it is, the message stays, with the reason beside it
        # Not the error's own words here: a mail server's name the address.
        log.warning("message %s was not sent: %s", message_id, type(error).__name__)
        _failed(message, error)
        return False
    _sent(message, said)
    return True


def _sent(message: Message, said: Said) -> None:
    Message.objects.filter(pk=message.pk).update(
        state=State.SENT, sent_at=now(), error="", subject=said.subject, text=said.text
    )


def _claim(message_id: int) -> Message | None:
    """Take a message that is due: one conditional UPDATE, so that one sender alone has it."""
    moment = now()
    due = Message.objects.filter(
        pk=message_id, state=State.WAITING, try_at__lte=moment, tries__lt=MOST_TRIES
    )
    tries = due.values_list("tries", flat=True).first()
    if tries is None:
        return None
    wait = min(FIRST_WAIT * 2**tries, LONGEST_WAIT)
    if not due.filter(tries=tries).update(tries=F("tries") + 1, try_at=moment + wait):
        return None
    return Message.objects.select_related("order__user", "order__shipping_address").get(
        pk=message_id
    )


def _failed(message: Message, error: Exception) -> None:
    given_up = message.tries >= MOST_TRIES
    Message.objects.filter(pk=message.pk).update(
        state=State.FAILED if given_up else State.WAITING,
        error=f"{type(error).__name__}: {error}"[:2000],
    )


def due_messages(limit: int = 200) -> list[int]:
    """Messages that wait and are due. Gives up those whose last sender died."""
    due = Message.objects.filter(state=State.WAITING, try_at__lte=now())
    due.filter(tries__gte=MOST_TRIES).update(state=State.FAILED)
    return list(due.order_by("try_at").values_list("pk", flat=True)[:limit])


def resend(message_id: int) -> bool:
    """Have a message that was sent, or given up, sent once more. Says whether it will be."""
    ended = Message.objects.filter(pk=message_id, state__in=(State.SENT, State.FAILED))
    moment = now()
    with transaction.atomic():
        changed = ended.update(
            state=State.WAITING,
            tries=0,
            resent=F("resent") + 1,
            resent_at=moment,
            try_at=moment,
            sent_at=None,
            error="",
        )
        if changed:
            transaction.on_commit(lambda: enqueue(message_id))
    return bool(changed)
