"""What the inner packages ask of the outer ones (DESIGN §1): Protocols, bound at start-up.

`storefront` binds an implementation in its AppConfig.ready(). Nothing here knows who it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class SaleElsewhere:
    """Packs that were sold, and paid, where we can neither refuse nor charge: a fact.

    `key` names the sale among all that there are; `number` is to become the order's. `seller` is
    who sold it ("Douyin, the shop's name"), `note` what its people call it, `source` what it is
    attributed by ("platform:douyin:17"). Money in fen.
    """

    key: str
    number: str
    product_id: int
    packs: int
    paid_fen: int
    seller: str
    note: str
    source: str


class NobodySells(Exception):
    """No cooperative sells a pack at its offer price. `product_id` says which."""

    def __init__(self, product_id: int):
        super().__init__(f"nobody sells product {product_id}")
        self.product_id = product_id


class CannotGiveBack(ValueError):
    """So much of an order is not left to be given back, in words."""


class Sales(Protocol):
    """Makes orders of what was sold elsewhere. Called inside the importer's transaction."""

    def record(self, sales: Sequence[SaleElsewhere]) -> list[Any]:
        """Orders (order.Order) of channel "platform", one for each. Raises NobodySells.

        What the pools can't cover is short. The money is the platform's until it settles: the
        lines are held back from release.
        """

    def give_back(self, order_id: int, fen: int | None, reference: str) -> None:
        """Record that the platform gave back so much, or all that is left.

        Raises CannotGiveBack.
        """

    def settled(self, order_id: int) -> None:
        """Hold an order's lines back no more: its platform has paid."""


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


def bind_sales(implementation: Sales) -> None:
    """Called once at start-up by whoever makes orders."""
    _bound["sales"] = implementation


def sales() -> Sales:
    """The bound implementation. Raises KeyError when nothing was bound: a start-up fault."""
    return _bound["sales"]
