"""A season of random trade through the services: what the oracle then works out again."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from catalog.clock import now, today
from catalog.models import Product
from cooperatives.households.models import Household, Lot
from cooperatives.households.services import NewLot, deliver_lots, write_off
from cooperatives.routing import services as parcels
from cooperatives.routing.cuts import short_of
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.provinces import PROVINCES
from storefront.aftersales import cancelling
from storefront.aftersales.addresses import CannotChange, change_address
from storefront.aftersales.services import (
    CannotRefund,
    RefundWish,
    refund_lines,
    refund_order,
    send,
    waiting_refunds,
)
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import CannotPay, DeliveryAddress, expire, start_payment
from tests.support import chain, oracle

State = Consignment.State
# Packs that several cooperatives sell: a third of all lines, so that orders are split.
SHARED = ("XL-1", "NL-1", "XL-2", "NL-2")


class Market:
    """Buyers, packers and staff who decide by dice, and a count of what they did."""

    def __init__(self, dice: random.Random, villages: oracle.Villages, base: Any) -> None:
        self.dice, self.villages, self.base = dice, villages, base
        self.packs = {pack.upc: pack for pack in Product.objects.exclude(upc=None)}
        self.done: Counter[str] = Counter()
        self.lots = 0

    # Buying

    def buy(self, *, check_routing: bool, much: bool = False) -> None:
        """One buyer: a basket of one to four packs, or of much of one, paid for or not."""
        wants = self._more_than_one_has() if much else self._wants()
        expected = (
            oracle.expected_parts(self.base, self.villages, wants, now()) if check_routing else None
        )
        try:
            attempt = self._start(wants)
        except CannotPay as refusal:
            assert refusal.kind == "too_little"
            assert expected is None, f"refused, but {expected} could be packed"
            self.done["refused: too little"] += 1
            return
        if check_routing:
            routed = _parts(attempt)
            assert routed == expected, f"{wants}: routed {routed}, expected {expected}"
            self.done["routings checked"] += 1
        if self.dice.random() < 0.03:
            # Never paid; the sweep finds it tomorrow.
            self.done["left unpaid"] += 1
            return
        chain.pay(attempt)
        outcome = finalize(attempt.uuid)
        assert outcome.order is not None
        self.done["orders"] += 1
        self.done["orders split"] += Consignment.objects.filter(order=outcome.order).count() > 1
        self.done["lines split"] += any(len(parts) > 1 for parts in _parts(attempt))

    def _start(self, wants: list[tuple[str, int]]) -> PaymentAttempt:
        address = DeliveryAddress(
            **{**chain.ADDRESS.__dict__, "province": self.dice.choice(sorted(PROVINCES))}
        )
        return start_payment(
            chain.make_basket([(self.packs[sku], packs) for sku, packs in wants]),
            contact=chain.CONTACT,
            address=address,
            language="zh-hans",
        )

    def _wants(self) -> list[tuple[str, int]]:
        skus = self.dice.sample(sorted(self.packs), self.dice.choice([1, 1, 2, 3]))
        if self.dice.random() < 0.4:
            skus.append(self.dice.choice([sku for sku in SHARED if sku not in skus]))
        return [(sku, self.dice.choice([1, 1, 2, 3, 5, 12])) for sku in skus]

    def _more_than_one_has(self) -> list[tuple[str, int]]:
        """Packs that no cooperative has alone, but all of them together."""
        for sku in self.dice.sample(SHARED, len(SHARED)):
            rooms = sorted(oracle.rooms(self.base, self.villages, sku, now()).values())
            if len(rooms) > 1 and rooms[-2]:
                return [(sku, rooms[-1] + self.dice.randint(1, sum(rooms[:-1])))]
        return self._wants()

    def buy_what_then_spoils(self) -> None:
        """A buyer holds a pack's last grams, they spoil, and she pays all the same."""
        lot = self._lot_of_a_small_pool()
        sku = next(s for s, row in self.villages.packs.items() if row["produce"] == lot.produce)
        attempt = self._start([(sku, 1)])
        for left in Lot.objects.filter(pool_id=lot.pool_id):
            if left.left:
                write_off(left.pk, left.left, "test")
        chain.pay(attempt)
        assert finalize(attempt.uuid).kind == "refunded"
        self.done["paid, goods gone"] += 1

    def _lot_of_a_small_pool(self) -> Any:
        return self.base.execute(
            """
            SELECT lot.pool_id, produce.code AS produce FROM households_lot lot
              JOIN partner_stockpool pool ON pool.id = lot.pool_id
              JOIN catalogue_produce produce ON produce.id = pool.produce_id
             WHERE pool.promised = 0 AND pool.reserved = 0 AND pool.allocated = 0
               AND pool.on_hand > 5000
               AND 1 = (SELECT count(*) FROM partner_stockpool other
                         WHERE other.produce_id = pool.produce_id)
             ORDER BY pool.on_hand, lot.id LIMIT 1
            """
        ).fetchone()

    # Packing and sending

    def work(self) -> None:
        """A day in the stores: most is packed, some of it undone; most of that leaves."""
        for consignment in self._in(State.PAID, 0.75):
            parcels.pack(consignment.pk, self._weights(consignment))
            self.done["packed"] += 1
            if self.dice.random() < 0.1:
                parcels.undo(consignment.pk)
                self.done["packing undone"] += 1
        for consignment in self._in(State.PACKED, 0.7):
            parcels.ship(consignment.pk, "顺丰", f"SF{consignment.pk:08}")
        for consignment in self._in(State.SHIPPED, 0.6):
            # One in eight parcels never says that it has arrived.
            if consignment.pk % 8:
                parcels.deliver(consignment.pk)
                self.done["delivered"] += 1

    def finish(self) -> None:
        """All that is left is packed and sent."""
        for consignment in self._in(State.PAID, 1):
            parcels.pack(consignment.pk, {})
        for consignment in self._in(State.PACKED, 1):
            parcels.ship(consignment.pk, "中通", f"ZT{consignment.pk:08}")

    def _in(self, state: str, part: float) -> list[Consignment]:
        found = Consignment.objects.filter(state=state).order_by("pk")
        return [each for each in found if self.dice.random() < part]

    def _weights(self, consignment: Consignment) -> dict[int, int]:
        """Half of the boxes weigh what they should; the others a little more or less."""
        weights = {}
        for line in consignment.lines.order_by("pk"):
            if line.open_grams and self.dice.random() < 0.5:
                weights[line.pk] = line.open_grams * self.dice.randint(950, 1070) // 1000
                self.done["boxes off their weight"] += 1
        return weights

    # Refunds

    def refund(self) -> None:
        """A refund of some kind of some order; the kinds are counted."""
        lines = ConsignmentLine.objects.select_related("consignment").order_by("pk")
        unpacked = lines.filter(packed_grams=None, ordered_grams__gt=F("cancelled_grams"))
        early = unpacked.exists() and self.dice.random() < 0.4
        line = self.dice.choice(list(unpacked if early else lines))
        restock = self.dice.random() < 0.5
        how = self.dice.choice(["packs", "packs", "amount", "line", "order", "freight", "weight"])
        if how == "weight":
            line = self._short_line() or line
        self._refund(line, how, restock)
        # The second refund of a box finds what the first one left of it.
        if how == "packs":
            line.refresh_from_db()
            self._refund(line, "packs", not restock)

    def _short_line(self) -> ConsignmentLine | None:
        """A line whose box holds less than was ordered."""
        boxes = ConsignmentLine.objects.select_related("consignment").filter(
            packed_grams__lt=F("ordered_grams")
        )
        short = [line for line in boxes.order_by("pk") if short_of(line)]
        return self.dice.choice(short) if short else None

    def _refund(self, line: ConsignmentLine, how: str, restock: bool) -> None:
        when = "before packing" if line.packed_grams is None else "after packing"
        order_id = line.consignment.order_id
        packs, money = line.packs - line.cancelled_packs, line.net_fen - line.refunded_fen
        wish = RefundWish(line.pk)
        if how == "packs" and packs:
            wish = RefundWish(line.pk, packs=self.dice.randint(1, max(1, packs // 2)))
        elif how == "amount" and money:
            wish = RefundWish(line.pk, amount_fen=self.dice.randint(1, money))
        elif how == "weight":
            grams = self.dice.randint(1, short_of(line) or 1)
            wish = RefundWish(line.pk, short_grams=grams)
        bearer = self.dice.choice(["cooperative", "cooperative", "programme", "carrier"])
        try:
            if how == "order":
                made = refund_order(order_id, restock=restock, bearer=bearer)
            else:
                made = refund_lines(
                    order_id, [wish], freight=how == "freight", restock=restock, bearer=bearer
                )
        except CannotRefund:
            self.done["refunds refused"] += 1
            return
        if how in ("packs", "line", "order") and when == "after packing":
            when += ", restocked" if restock else ", written off"
        self.done[f"refund of {how} {when}"] += 1
        for part in made.lines.all():
            self.done[f"borne by the {part.bearer}"] += 1

    # What buyers take back by themselves

    def cancel(self) -> None:
        """A buyer cancels some packs of a parcel that is not packed, or all of it."""
        unpacked = self._in(State.PAID, 1)
        if not unpacked:
            return
        consignment = self.dice.choice(unpacked)
        lines = [
            line
            for line in cancelling.cancellable(consignment.order_id)
            if line.consignment_id == consignment.pk
        ]
        whole = self.dice.random() < 0.5
        packs = {
            line.pk: left if whole else self.dice.randint(1, left)
            for line in (lines if whole else lines[:1])
            if (left := line.packs - line.cancelled_packs)
        }
        try:
            seen = cancelling.preview(consignment.order_id, packs)
        except CannotRefund:
            self.done["cancellations refused"] += 1
            return
        made = cancelling.cancel(
            consignment.order_id, packs, expected_fen=seen.total_fen, uuid=self._uuid()
        )
        assert made.buyer_fen == seen.buyer_fen
        consignment.refresh_from_db()
        gone = consignment.state == State.CANCELLED
        assert not gone or consignment.freight_refunded_fen == consignment.freight_fen
        self.done[f"cancelled by the buyer: {'parcels' if gone else 'packs'}"] += 1

    def send_elsewhere(self) -> None:
        """A buyer has an order sent to another province, if its freight is not more."""
        unpacked = self._in(State.PAID, 1)
        if not unpacked:
            return
        order_id = self.dice.choice(unpacked).order_id
        street = f"{self.dice.randint(1, 999)}号"
        for province in self.dice.sample(sorted(PROVINCES), 6):
            address = {**chain.ADDRESS.__dict__, "province": province, "street": street}
            try:
                change = change_address(order_id, DeliveryAddress(**address), uuid=self._uuid())
            except CannotChange:
                self.done["sent elsewhere: refused"] += 1
                continue
            assert change is not None
            self.done[f"sent elsewhere{' for less' if change.refund else ''}"] += 1
            break

    def _uuid(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def send_refunds(self) -> None:
        """The sweep does at Stripe what was decided."""
        for uuid in waiting_refunds(1000):
            send(uuid)

    # What else happens

    def harvest(self) -> None:
        """Some households with open promises bring a part of them; others bring late lots."""
        promises = self.dice.sample(self.villages.promises, 8)
        others = self.dice.sample(sorted(self.villages.lots.values()), 3)
        pairs = [promise[:2] for promise in promises] + [lot[:2] for lot in others]
        new = []
        for household, produce in pairs:
            self.lots += 1
            found = Household.objects.get(code=household)
            new.append(
                NewLot(
                    code=f"N{self.lots:05}",
                    household_id=found.pk,
                    produce_id=next(
                        p.produce_id for p in self.packs.values() if p.produce.code == produce
                    ),
                    partner_id=found.partner_id,
                    delivered_on=today() - timedelta(days=self.dice.choice([0, 0, 1])),
                    grams=self.dice.randint(2000, 30_000),
                    grade=self.dice.choice("AAB"),
                )
            )
        deliver_lots(new)
        self.done["later lots"] += len(new)

    def spoil(self) -> None:
        """A part of some lot spoils."""
        lots = [lot for lot in Lot.objects.order_by("pk") if lot.left]
        lot = self.dice.choice(lots)
        write_off(lot.pk, self.dice.randint(1, lot.left), "test")
        self.done["spoiled"] += 1

    def sweep(self) -> None:
        """What the schedule does by itself."""
        from cooperatives.partner.tasks import roll_pools
        from storefront.payments.services import expired_attempts

        for uuid in expired_attempts():
            expire(uuid)
        roll_pools()
        self.send_refunds()


def _parts(attempt: PaymentAttempt) -> list[list[tuple[str, int]]]:
    """[(cooperative, packs)] of each line, as the attempt froze them."""
    lines: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for part in attempt.snapshot["parts"]:
        lines[part["line"]].append((part["partner_code"], part["packs"]))
    return [sorted(lines[number]) for number in sorted(lines)]


def seconds_until_ten_in_the_morning() -> int:
    """How far the clock must go to the next 10:00 in Shanghai, so that no phase meets midnight."""
    moment = datetime.now(UTC)
    ten = moment.replace(hour=2, minute=0, second=0, microsecond=0)
    return int((ten - moment).total_seconds()) % 86_400
