"""A gap in words: what it is, why it may be, and what to do about it."""

from typing import Any

from django.utils.translation import gettext as _

from catalog.numbers import to_yuan
from storefront.payments.models import Gap

Kind = Gap.Kind


def _figures(gap: Gap) -> dict[str, Any]:
    details = gap.details
    return {name: details.get(name) or "–" for name in NAMES} | {
        "amount": to_yuan(details.get("fen", 0)),
        "here": to_yuan(details.get("here_fen", 0)),
        "fee": to_yuan(details.get("fee_fen", 0)),
    }


NAMES = (
    "intent",
    "payment",
    "order",
    "refund",
    "state",
    "status",
    "dispute",
    "movement",
    "type",
    "source",
)


def cause(gap: Gap) -> str:
    """What Stripe says and we do not, in the present language."""
    texts = {
        Kind.INTENT_UNKNOWN: _(
            "¥%(amount)s were paid at Stripe (%(intent)s), and no payment here is of it. It was "
            "made in Stripe's dashboard or by another program with our key, or our database is "
            "older than the payment."
        ),
        Kind.INTENT_UNPLACED: _(
            "¥%(amount)s were paid at Stripe (%(intent)s), the payment %(payment)s here is "
            "“%(state)s”: its event was lost, or its work failed."
        ),
        Kind.AMOUNT_DIFFERS: _(
            "Stripe says ¥%(amount)s (%(intent)s %(refund)s), the books say ¥%(here)s."
        ),
        Kind.CHARGE_UNKNOWN: _(
            "¥%(amount)s were charged at Stripe (%(intent)s) without a payment of ours: by "
            "somebody in its dashboard, or by another program with our key."
        ),
        Kind.ORDER_UNPAID: _(
            "Order %(order)s of ¥%(amount)s is placed, and Stripe knows no payment that succeeded "
            "for it (%(intent)s). The key may be of another account."
        ),
        Kind.REFUND_UNKNOWN: _(
            "¥%(amount)s of %(intent)s were given back at Stripe (%(refund)s), and no refund here "
            "is of it: somebody did it in Stripe's dashboard. Order: %(order)s."
        ),
        Kind.REFUND_MISSING: _(
            "A refund of ¥%(amount)s is done here, Stripe says “%(status)s” (%(refund)s)."
        ),
        Kind.DISPUTE_UNKNOWN: _(
            "A dispute of ¥%(amount)s is open at Stripe (%(dispute)s, order %(order)s), and no "
            "case here is of it: its event was lost."
        ),
        Kind.MOVEMENT_UNBOOKED: _(
            "Stripe's balance moved by ¥%(amount)s, fee ¥%(fee)s (%(type)s %(movement)s of "
            "%(source)s), and the ledger has not booked it."
        ),
    }
    return texts[Kind(gap.kind)] % _figures(gap)


def proposal(gap: Gap) -> str:
    """What to do about it, in the present language."""
    texts = {
        Kind.INTENT_UNKNOWN: _(
            "Give all of it back to whoever paid. If it is wanted here, explain it instead."
        ),
        Kind.INTENT_UNPLACED: _(
            "Finish the payment now: the order is placed if the goods can still be had, else all "
            "of it is given back."
        ),
        Kind.AMOUNT_DIFFERS: _(
            "Look at it in Stripe's dashboard and at the order. Give back there or here what is "
            "too much, or explain what is too little."
        ),
        Kind.CHARGE_UNKNOWN: _(
            "Give all of it back to whoever paid. If it is wanted here, explain it instead."
        ),
        Kind.ORDER_UNPAID: _(
            "Check which Stripe account the key is of. If nothing was paid, do not pack, and "
            "cancel the order; then explain it."
        ),
        Kind.REFUND_UNKNOWN: _(
            "Take the refund into the books. Of an order it is spread over what remains of its "
            "lines; say who bears it."
        ),
        Kind.REFUND_MISSING: _(
            "Ask Stripe again: what failed is owed again, and is tried again or paid by hand."
        ),
        Kind.DISPUTE_UNKNOWN: _("Open its case now."),
        Kind.MOVEMENT_UNBOOKED: _("Read Stripe's balance again from that day on."),
    }
    return texts[Kind(gap.kind)]


def action(gap: Gap) -> str:
    """What the button says that does it; empty where nothing can be done by a button."""
    texts = {
        Kind.INTENT_UNKNOWN: _("Give all of it back"),
        Kind.CHARGE_UNKNOWN: _("Give all of it back"),
        Kind.INTENT_UNPLACED: _("Finish the payment"),
        Kind.REFUND_UNKNOWN: _("Take the refund into the books"),
        Kind.REFUND_MISSING: _("Ask Stripe again"),
        Kind.DISPUTE_UNKNOWN: _("Open its case"),
        Kind.MOVEMENT_UNBOOKED: _("Read the balance again"),
    }
    return texts.get(Kind(gap.kind), "")
