"""What the inner packages ask of the outer ones (DESIGN §1): Protocols, bound at start-up.

`storefront` binds an implementation in its AppConfig.ready(). Nothing here knows who it is.
"""

from typing import Protocol


class Messages(Protocol):
    """Tells buyers what happened. Called inside the transaction that it tells of."""

    def consignment_changed(self, consignment_id: int, state: str) -> None:
        """A consignment reached a state (`Consignment.State`): queue the buyer's message."""


_bound: dict[str, Messages] = {}


def bind_messages(implementation: Messages) -> None:
    """Called once at start-up by whoever sends messages."""
    _bound["messages"] = implementation


def messages() -> Messages:
    """The bound implementation. Raises KeyError when nothing was bound: a start-up fault."""
    return _bound["messages"]
