"""Cooperatives and staff: packing, sending, refunds, new lots, spoiled goods, through the services.

They live in the harness, so they are not killed; but their database and broker are. What was cut
off is tried again with the same key, as a person does who got no answer.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import F

from catalog.clock import today
from cooperatives.households.models import Household, Lot
from cooperatives.households.services import NewLot, deliver_lots, write_off
from cooperatives.partner.models import StockPool
from cooperatives.routing import services as parcels
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement.services import share_out_due
from storefront.aftersales.services import CannotRefund, RefundWish, refund_lines, refund_order

State = Consignment.State
CUT_OFF_FOR = 60.0


class Nothing(Exception):
    """There is nothing that this could be done to."""


class Staff:
    """One person's day. `done` counts what was done, refused and done again after a cut."""

    def __init__(self, seed: str, done: Counter[str]) -> None:
        self.dice, self.done, self.seed = random.Random(seed), done, seed
        self.lots = 0
        self.steps: list[tuple[Callable[[], Callable[[], Any]], int]] = [
            (self.pack, 6),
            (self.ship, 5),
            (self.deliver, 4),
            (self.undo, 1),
            (self.refund, 5),
            (self.cancel, 1),
            (self.bring, 3),
            (self.spoil, 1),
            (self.spoil_what_is_held, 1),
            (self.share_out, 1),
        ]

    def go_on(self, until: float, pause: float) -> None:
        """Do one thing after another until the time is over."""
        names = [step for step, weight in self.steps for _ in range(weight)]
        while time.monotonic() < until:
            step = self.dice.choice(names)
            name = step.__name__.replace("_", " ")
            try:
                self._through(step)
                self.done[name] += 1
            except (Nothing, CannotRefund, parcels.WrongState, ValueError):
                self.done[f"{name} refused"] += 1
            time.sleep(pause)
        connection.close()

    def _through(self, step: Callable[[], Callable[[], Any]]) -> None:
        """Decide on a deed, then do it: again, the same one, while the database is away."""
        deed = self._again(step)
        self._again(deed)

    def _again(self, work: Callable[[], Any]) -> Any:
        end = time.monotonic() + CUT_OFF_FOR
        while True:
            try:
                return work()
            except DatabaseError:
                if time.monotonic() > end:
                    raise
                self.done["cut off by the database"] += 1
                connection.close()
                time.sleep(0.5)

    def _some(self, rows: Any) -> int:
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if not ids:
            raise Nothing
        return int(self.dice.choice(ids))

    # Each gives the deed, with all dice thrown.

    def pack(self) -> Callable[[], Any]:
        pk = self._some(Consignment.objects.filter(state=State.PAID))
        weights = {}
        for line in ConsignmentLine.objects.filter(consignment_id=pk).order_by("pk"):
            if line.open_grams and self.dice.random() < 0.4:
                weights[line.pk] = line.open_grams * self.dice.randint(950, 1070) // 1000
        return lambda: parcels.pack(pk, weights)

    def ship(self) -> Callable[[], Any]:
        pk = self._some(Consignment.objects.filter(state=State.PACKED))
        return lambda: parcels.ship(pk, "顺丰", f"SF{pk:08}")

    def deliver(self) -> Callable[[], Any]:
        pk = self._some(Consignment.objects.filter(state=State.SHIPPED))
        return lambda: parcels.deliver(pk)

    def undo(self) -> Callable[[], Any]:
        pk = self._some(Consignment.objects.filter(state=State.PACKED))
        return lambda: parcels.undo(pk)

    def refund(self) -> Callable[[], Any]:
        line = ConsignmentLine.objects.select_related("consignment").get(
            pk=self._some(ConsignmentLine.objects.filter(refunded_fen__lt=F("net_fen")))
        )
        packs, money = line.packs - line.cancelled_packs, line.net_fen - line.refunded_fen
        how, wish = self.dice.choice(["packs", "amount", "freight"]), RefundWish(line.pk)
        if how == "packs" and packs:
            wish = RefundWish(line.pk, packs=self.dice.randint(1, max(1, packs // 2)))
        elif how == "amount":
            wish = RefundWish(line.pk, amount_fen=self.dice.randint(1, money))
        uuid, restock = UUID(int=self.dice.getrandbits(128), version=4), self.dice.random() < 0.5
        order_id = line.consignment.order_id
        return lambda: refund_lines(
            order_id, [wish], freight=how == "freight", restock=restock, uuid=uuid
        )

    def cancel(self) -> Callable[[], Any]:
        found = Consignment.objects.get(pk=self._some(Consignment.objects.filter(state=State.PAID)))
        uuid = UUID(int=self.dice.getrandbits(128), version=4)
        return lambda: refund_order(found.order_id, uuid=uuid)

    def bring(self) -> Callable[[], Any]:
        pool = StockPool.objects.get(pk=self._some(StockPool.objects.all()))
        household = self._some(Household.objects.filter(partner_id=pool.partner_id))
        self.lots += 1
        lot = NewLot(
            code=f"{self.seed}-{self.lots:04}",
            household_id=household,
            produce_id=pool.produce_id,
            partner_id=pool.partner_id,
            delivered_on=today() - timedelta(days=self.dice.choice([0, 0, 1])),
            grams=self.dice.randint(2000, 30_000),
            grade=self.dice.choice("AAB"),
        )

        def enter() -> None:
            # Tried again after a cut: its code says whether it was entered.
            if not Lot.objects.filter(code=lot.code, household_id=household).exists():
                deliver_lots([lot])

        return enter

    def spoil(self) -> Callable[[], Any]:
        lots = Lot.objects.filter(grams__gt=F("drawn_grams") + F("written_off_grams"))
        lot = Lot.objects.get(pk=self._some(lots))
        grams = self.dice.randint(1, max(1, lot.left // 4))
        return lambda: write_off(lot.pk, min(grams, lot.left), "test")

    def spoil_what_is_held(self) -> Callable[[], Any]:
        """All of what some buyer is just paying for: whoever pays gets the money back."""
        pool = self._some(StockPool.objects.filter(reserved__gt=0, promised=0))

        def all_of_it() -> None:
            for lot in Lot.objects.filter(pool_id=pool):
                if lot.left:
                    write_off(lot.pk, lot.left, "test")

        return all_of_it

    def share_out(self) -> Callable[[], Any]:
        return share_out_due


def work(seed: str, done: Counter[str], until: float, pause: float, broken: list[str]) -> None:
    """A thread's life: what escapes is a fault of the shop, and is told."""
    try:
        Staff(seed, done).go_on(until, pause)
    except Exception as error:
        broken.append(f"staff {seed}: {type(error).__name__}: {error}")


def start(count: int, seed: int, until: float, pause: float) -> tuple[Any, Counter[str], list[str]]:
    """Start so many; gives their threads, what they did, and what broke."""
    done: Counter[str] = Counter()
    broken: list[str] = []
    threads = [
        threading.Thread(target=work, args=[f"S{seed}-{n}", done, until, pause, broken])
        for n in range(count)
    ]
    for thread in threads:
        thread.start()
    return threads, done, broken
