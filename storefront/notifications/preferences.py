"""What a buyer gets, and how. What concerns money or an answer comes by one channel at least."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from catalog.clock import now
from storefront.notifications.models import Message, Preference
from storefront.order.models import Order

Kind, Channel = Message.Kind, Message.Channel
# Everybody hears of these, by the default channel if by no other.
REQUIRED = frozenset({Kind.CONFIRMED, Kind.GOODS_GONE, Kind.REFUNDED, Kind.CASE})
# What a buyer is asked about; `goods_gone` goes the way that `refunded` goes.
ASKED = (
    Kind.CONFIRMED,
    Kind.SHIPPED,
    Kind.READY,
    Kind.DELIVERED,
    Kind.REFUNDED,
    Kind.CASE,
    Kind.REMINDER,
    Kind.LIVE,
)
OPTIONAL = tuple(kind for kind in ASKED if kind not in REQUIRED)


@dataclass(frozen=True)
class Buyer:
    """Whom a message is for: a member (id) or a guest, and how they can be reached."""

    email: str = ""
    phone: str = ""
    user_id: int | None = None

    @property
    def contact(self) -> str:
        """What a guest's choice is kept under; empty for a member."""
        return "" if self.user_id else (self.email.lower() or self.phone)

    def reached_by(self, channel: str) -> str:
        """The address or number for a channel; empty when there is none."""
        return self.email if channel == Channel.MAIL else self.phone

    @property
    def usual(self) -> list[str]:
        """The channels of somebody who never chose."""
        return [Channel.MAIL] if self.email else [Channel.SMS] if self.phone else []


def buyer_of(order: Order) -> Buyer:
    """The buyer of an order: what the order names goes before what the account knows."""
    user = order.user
    return Buyer(
        email=order.guest_email or (user.email if user and user.email else ""),
        phone=order.contact_phone or (user.phone if user and user.phone else ""),
        user_id=order.user_id,
    )


def buyer_of_message(message: Message) -> Buyer:
    """The buyer to whom a message went."""
    if message.order is not None:
        return buyer_of(message.order)
    by_mail = message.channel == Channel.MAIL
    # A member's that is about no order says whose it is.
    member = message.context.get("user")
    if by_mail:
        return Buyer(message.recipient, user_id=member)
    return Buyer(phone=message.recipient, user_id=member)


def chosen(buyer: Buyer) -> dict[str, list[str]]:
    """What the buyer chose, {kind: channels}; kinds about which nothing was said are missing."""
    found = _of(buyer).first()
    return dict(found.choices) if found else {}


def _of(buyer: Buyer) -> Any:
    if buyer.user_id:
        return Preference.objects.filter(user_id=buyer.user_id)
    return Preference.objects.filter(contact=buyer.contact).exclude(contact="")


def channels_for(buyer: Buyer, kind: str) -> tuple[list[str], bool]:
    """The channels for a kind, and whether the buyer wants it at all.

    Nothing chosen, or nothing that reaches them: the usual one. ([], …) when nothing reaches them.
    """
    choices = chosen(buyer)
    asked = Kind.REFUNDED if kind == Kind.GOODS_GONE else kind
    wish = choices.get(asked)
    if wish == [] and kind not in REQUIRED:
        return buyer.usual, False
    reaching = [name for name in wish or [] if offered(name) and buyer.reached_by(name)]
    return reaching or buyer.usual, True


def offered(channel: str) -> bool:
    """Whether the site sends by this channel."""
    return channel in settings.MESSAGE_CHANNELS


def channels_of(buyer: Buyer) -> list[str]:
    """The channels that a buyer can choose from."""
    return [name for name in Channel.values if offered(name) and buyer.reached_by(name)]


class NothingLeft(ValueError):
    """A kind that everybody must hear of was left without a channel."""

    def __init__(self, kind: str):
        super().__init__(kind)
        self.kind = kind


def choose(buyer: Buyer, wishes: Mapping[str, Iterable[str]]) -> Preference:
    """Keep what a buyer wants: {kind: channels}. Raises NothingLeft, ValueError, and keeps nothing.

    A kind that `wishes` does not name stays as it was.
    """
    given = {kind: sorted(set(names)) for kind, names in wishes.items()}
    for kind, names in given.items():
        if kind not in ASKED or not set(names) <= set(Channel.values):
            raise ValueError(f"{kind}: {names}")
        if kind in REQUIRED and not names:
            raise NothingLeft(kind)
    owner = {"user_id": buyer.user_id} if buyer.user_id else {"contact": buyer.contact}
    with transaction.atomic():
        made, _ = Preference.objects.select_for_update().get_or_create(
            **owner, defaults={"changed_at": now()}
        )
        made.choices, made.changed_at = {**made.choices, **given}, now()
        made.save(update_fields=["choices", "changed_at"])
    return made


def stop(buyer: Buyer, channel: str) -> Preference:
    """No more of the optional kinds by this channel; the others stay as they are."""
    wishes: dict[str, list[str]] = {}
    for kind in OPTIONAL:
        channels, wanted = channels_for(buyer, kind)
        wishes[kind] = [name for name in channels if name != channel] if wanted else []
    return choose(buyer, wishes)
