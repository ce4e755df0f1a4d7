"""Who paid for a consignment's lines and freight, and who gets it back."""

from collections.abc import Sequence

from cooperatives.ledger.models import Account
from cooperatives.ledger.services import AccountKey, Leg
from cooperatives.routing.models import Consignment


def give_back(consignment: Consignment, parts: Sequence[tuple[int | None, int]]) -> list[Leg]:
    """The credit legs of a refund of `parts`, as (line id, or None for freight; fen).

    What the buyer paid stands on `refund_due` until it is given back. The consignment is locked.
    """
    return [Leg(AccountKey(Account.Kind.REFUND_DUE), -sum(fen for _line_id, fen in parts))]
