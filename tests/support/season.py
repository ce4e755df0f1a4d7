"""The chain's steps for the state machine, each on some row that a number picks.

A step gives nothing and may be refused by name; what else escapes is a fault of the shop.
"""

import copy
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from catalog.clock import now, today
from catalog.models import Product
from cooperatives.households.models import Household, Lot, Promise
from cooperatives.households.services import (
    NewLot,
    NewPromise,
    deliver_lots,
    make_promises,
    write_off,
)
from cooperatives.households.village_files import load_villages
from cooperatives.partner.models import StockPool
from cooperatives.partner.tasks import roll_pools
from cooperatives.routing import services as parcels
from cooperatives.routing.freight_file import load_freight
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement.services import share_out_due
from storefront.aftersales import cancelling
from storefront.aftersales.cases import disputes
from storefront.aftersales.models import Refund
from storefront.aftersales.sending import send, waiting_refunds
from storefront.aftersales.services import CannotRefund, RefundWish, refund_lines, refund_order
from storefront.order.models import Order
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import CannotPay, abandon, expire, expired_attempts, start_payment
from tests.support import chain, discounts, oracle, village_folder

State = Consignment.State
REFUSALS = (CannotRefund, CannotPay, parcels.WrongState, cancelling.TooLate)
BEARERS = ("cooperative", "programme", "carrier")
CODES = ("", "", "FIVE", "RARE", "GIFT-AAAA-BBBB-CCC1", "GIFT-AAAA-BBBB-CCC2")
DAY = 86_400


class Nothing(Exception):
    """There is nothing that this step could be done to."""


def prepare(folder: Path) -> oracle.Villages:
    """Three villages that sell the whole year, two of them the same pears; vouchers and gifts."""
    (folder / "villages").mkdir()
    files = village_folder.write_folder(folder / "villages")
    products = files / "products.csv"
    products.write_text(products.read_text().replace(",7,9,", ",1,12,").replace("2580", "2480"))
    freight = folder / "freight.csv"
    freight.write_text(
        "cooperative,province,first_grams,first_fen,step_grams,step_fen\n"
        ",,3000,800,1000,200\nB-FAR,新疆,1000,1500,1000,700\n"
    )
    as_of = date.fromordinal(today().toordinal() - 3)
    load_villages(files, as_of)
    load_freight(freight)
    discounts.offer("FIVE", funder="programme", amount_fen=500)
    discounts.offer("RARE", funder="programme", bps=1500, uses_limit=2)
    for number, fen in enumerate((900, 30_000), 1):
        discounts.gift(fen, days=365, code=f"GIFT-AAAA-BBBB-CCC{number}")
    return oracle.Villages(files, as_of, freight)


class Season:
    """The world of one example. `done` counts what was done and what was refused."""

    def __init__(self, stripe: Any, villages: oracle.Villages) -> None:
        self.stripe = stripe
        # The oracle knows of promises from here: its own, with what is promised later.
        self.villages = copy.copy(villages)
        self.villages.promises, self.villages.made = list(villages.promises), {}
        self.done: Counter[str] = Counter()
        self.lots = 0

    def do(self, name: str, *given: Any) -> None:
        """Take a step; a refusal that has a name is in order."""
        try:
            getattr(self, name)(*given)
        except (*REFUSALS, Nothing):
            self.done[f"{name} refused"] += 1
        else:
            self.done[name] += 1

    def pick(self, rows: Any, number: int) -> Any:
        found = list(rows.order_by("pk"))
        if not found:
            raise Nothing
        return found[number % len(found)]

    # -- the cooperatives -------------------------------------------------------------------------

    def bring(self, number: int, grams: int, grade: str) -> None:
        pool = self.pick(StockPool.objects.all(), number)
        household = self.pick(Household.objects.filter(partner_id=pool.partner_id), number)
        self.lots += 1
        deliver_lots(
            [
                NewLot(
                    code=f"N{self.lots:04}",
                    household_id=household.pk,
                    produce_id=pool.produce_id,
                    partner_id=pool.partner_id,
                    delivered_on=today() - timedelta(days=number % 2),
                    grams=grams,
                    grade=grade,
                )
            ]
        )

    def promise(self, number: int, grams: int) -> None:
        pool = self.pick(StockPool.objects.all(), number)
        household = self.pick(Household.objects.filter(partner_id=pool.partner_id), number)
        wish = NewPromise(
            household_id=household.pk,
            produce_id=pool.produce_id,
            partner_id=pool.partner_id,
            from_day=today(),
            to_day=today() + timedelta(days=number % 9),
            grams=grams,
            grams_per_day=max(1, grams // 2),
        )
        same = {"household": household, "pool": pool, "from_day": wish.from_day}
        if Promise.objects.filter(**same, to_day=wish.to_day).exists():
            raise Nothing
        make_promises([wish])
        self.villages.made[len(self.villages.promises)] = now()
        self.villages.promises.append(
            (
                household.code,
                pool.produce.code,
                wish.from_day,
                wish.to_day,
                wish.grams,
                wish.grams_per_day,
            )
        )

    def spoil(self, number: int, grams: int) -> None:
        lot = self.pick(Lot.objects.all(), number)
        if not lot.left:
            raise Nothing
        write_off(lot.pk, min(grams, lot.left), "test")

    def move_on(self, number: int, permille: int) -> None:
        """A parcel's next step; `permille` of its weight if it is packed."""
        waiting = (State.PAID, State.PACKED, State.SHIPPED)
        found = self.pick(Consignment.objects.filter(state__in=waiting), number)
        if found.state == State.PACKED:
            parcels.ship(found.pk, "顺丰", f"SF{found.pk:08}")
        elif found.state == State.SHIPPED:
            parcels.deliver(found.pk)
        else:
            weights = {
                line.pk: line.open_grams * permille // 1000
                for line in ConsignmentLine.objects.filter(consignment=found)
                if line.open_grams
            }
            parcels.pack(found.pk, weights)

    def undo(self, number: int) -> None:
        parcels.undo(self.pick(Consignment.objects.exclude(state=State.PAID), number).pk)

    # -- the buyers -------------------------------------------------------------------------------

    def basket(self, number: int, packs: int, code: str = "") -> Any:
        dice = random.Random(number)
        products = list(Product.objects.exclude(upc=None).order_by("pk"))
        chosen = dice.sample(products, dice.choice([1, 1, 2, 3]))
        basket = chain.make_basket([(product, packs) for product in chosen])
        if code.startswith("GIFT"):
            from storefront.discounts import gifts

            basket.gifts.add(gifts.find(code))
        elif code:
            discounts.put_in(basket, code)
        return basket

    def hold(self, number: int, packs: int, code: str) -> PaymentAttempt:
        return start_payment(
            self.basket(number, packs, code),
            contact=chain.CONTACT,
            address=chain.ADDRESS,
            language="zh-hans",
        )

    def buy(self, number: int, packs: int, code: str) -> None:
        self._pay(self.hold(number, packs, code))

    def _pay(self, attempt: PaymentAttempt) -> None:
        if attempt.intent_id:
            chain.pay(attempt)
        finalize(attempt.uuid)

    def _open(self, number: int) -> PaymentAttempt:
        found = PaymentAttempt.objects.filter(state="open").order_by("created_at")
        if not found:
            raise Nothing
        return found[number % len(found)]

    def pay_late(self, number: int) -> None:
        self._pay(self._open(number))

    def give_up(self, number: int) -> None:
        abandon(self._open(number).uuid)

    def cancel(self, number: int, packs: int) -> None:
        order = self.pick(Order.objects.all(), number)
        lines = cancelling.cancellable(order.pk)
        if not lines:
            raise Nothing
        line = lines[number % len(lines)]
        wish = {line.pk: min(packs, line.packs - line.cancelled_packs)}
        plan = cancelling.preview(order.pk, wish)
        uuid = UUID(int=random.Random(number).getrandbits(128), version=4)
        if not Refund.objects.filter(pk=uuid).exists():
            cancelling.cancel(order.pk, wish, expected_fen=plan.total_fen, uuid=uuid)

    # -- staff ------------------------------------------------------------------------------------

    def refund(self, number: int, how: str, bearer: str, restock: bool) -> None:
        line = self.pick(ConsignmentLine.objects.select_related("consignment"), number)
        money, packs = line.net_fen - line.refunded_fen, line.packs - line.cancelled_packs
        wish = RefundWish(line.pk)
        if how == "packs":
            wish = RefundWish(line.pk, packs=max(1, packs // 2))
        elif how == "amount":
            wish = RefundWish(line.pk, amount_fen=1 + number % max(1, money))
        elif how == "weight":
            wish = RefundWish(line.pk, short_grams=1 + number % 700)
        order_id = line.consignment.order_id
        if how == "order":
            refund_order(order_id, restock=restock)
        else:
            refund_lines(order_id, [wish], freight=how == "freight", restock=restock, bearer=bearer)

    def send_refunds(self) -> None:
        for uuid in waiting_refunds(1000):
            send(uuid)

    def dispute(self, number: int, end: str) -> None:
        """A bank takes back what its customer paid, and gives it back or keeps it."""
        attempt = self.pick(PaymentAttempt.objects.filter(state="placed"), number)
        if not attempt.intent_id:
            raise Nothing
        try:
            made = self.stripe.dispute(attempt.intent_id)
        except AssertionError as refusal:  # it has one, or nothing is left of it
            raise Nothing from refusal
        disputes.sync(made["id"])
        if end:
            self.stripe.close_dispute(made["id"], end)
            disputes.sync(made["id"])

    # -- time -------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """What the schedule does by itself."""
        for uuid in expired_attempts():
            expire(uuid)
        roll_pools()
        disputes.sweep()
        self.send_refunds()
        share_out_due()
