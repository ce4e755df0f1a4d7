"""What Stripe says, read as lists, outside any transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings

from storefront.payments import gateway

# Stripe's clock and ours differ a little, and an attempt is older than its intent.
MARGIN = timedelta(days=1)


@dataclass(frozen=True)
class AtStripe:
    """What Stripe listed; `error` when it could not be asked."""

    intents: tuple[gateway.Intent, ...] = ()
    refunds: tuple[gateway.StripeRefund, ...] = ()
    charges: tuple[gateway.Charge, ...] = ()
    movements: tuple[gateway.Movement, ...] = ()
    disputes: tuple[dict[str, Any], ...] = ()
    error: str = ""

    @cached_property
    def intent_of_charge(self) -> dict[str, str]:
        """{charge: the intent that it belongs to, or the charge itself where there is none}."""
        return {charge.id: charge.intent_id or charge.id for charge in self.charges}


def real_time() -> datetime:
    """Stripe's clock, which the one clock of ours may be ahead of."""
    return datetime.now(UTC)


def read(since: datetime, until: datetime) -> AtStripe:
    """List everything from a day before `since` on. Network; an error is in the answer."""
    first = min(since, real_time()) - MARGIN
    if settings.CLOCK_FILE:
        first = datetime.fromtimestamp(0, UTC)
    last = max(until, real_time()) + timedelta(hours=1)
    try:
        # Money's first step is listed last: what happens meanwhile is in the later list too.
        movements = tuple(gateway.list_movements(first, last))
        disputes = tuple(gateway.list_disputes(first, last))
        refunds = tuple(gateway.list_refunds(first, last))
        charges = tuple(gateway.list_charges(first, last))
        intents = tuple(gateway.list_intents(first, last))
    except (gateway.GatewayDown, gateway.GatewayRefused) as error:
        return AtStripe(error=str(error) or type(error).__name__)
    return AtStripe(intents, refunds, charges, movements, disputes)
