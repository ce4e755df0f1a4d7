"""What the inner packages ask of the outer ones (DESIGN §1): Protocols, bound at start-up.

`storefront` binds an implementation in its AppConfig.ready(). Nothing here knows who it is.
"""

from collections.abc import Iterable
from typing import Any, Protocol


class Messages(Protocol):
    """Tells buyers what happened. Called inside the transaction that it tells of."""

    def consignment_changed(self, consignment_id: int, state: str) -> None:
        """A consignment reached a state (`Consignment.State`): queue the buyer's message."""

    def chat_text(self, consignment_id: int, state: str) -> str:
        """What the buyer is told of this state, to copy into a chat; empty when nothing is.

        Without the order's link: it opens the parcels of other cooperatives too.
        """


class Gifts(Protocol):
    """Keeps the balances of gift vouchers. Called inside the transaction of a refund."""

    def lock(self, gift_ids: Iterable[int]) -> None:
        """Lock these balances, in primary-key order: before the stock pools."""

    def give_back(self, gift_id: int, fen: int, reference: str) -> None:
        """Put `fen` back onto a balance; `reference` names the refund and its consignment."""


_bound: dict[str, Any] = {}


def bind_messages(implementation: Messages) -> None:
    """Called once at start-up by whoever sends messages."""
    _bound["messages"] = implementation


def messages() -> Messages:
    """The bound implementation. Raises KeyError when nothing was bound: a start-up fault."""
    return _bound["messages"]


def bind_gifts(implementation: Gifts) -> None:
    """Called once at start-up by whoever keeps gift vouchers."""
    _bound["gifts"] = implementation


def gifts() -> Gifts:
    """The bound implementation. Raises KeyError when nothing was bound: a start-up fault."""
    return _bound["gifts"]
