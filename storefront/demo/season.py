"""Three months of sales for the demo, lived day by day through the shop's own services.

The villages are loaded as of the first day, and each later lot on its own day; orders are paid by
transfer, which needs no network. The same dice every time, so the same season.
"""

import csv
import heapq
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from oscar.core.loading import get_model

from catalog.clock import SHANGHAI, now, today
from catalog.models import Produce, Product
from cooperatives.households.models import Household, Lot, VillageImport
from cooperatives.households.services import NewLot, deliver_lots
from cooperatives.households.village_files import load_villages
from cooperatives.partner.models import StockPool
from cooperatives.routing import services as parcels
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement.services import share_out_due
from livestream.campaigns.models import TrackedLink
from livestream.campaigns.services import record_touch
from storefront.aftersales.models import Refund
from storefront.aftersales.services import RefundWish, pay_by_hand, refund_lines, refund_order
from storefront.demo.accounts import ADMINISTRATOR, BUYER
from storefront.demo.then import in_the_past
from storefront.order.models import Order
from storefront.payments.models import GatewayName, OfflinePayment
from storefront.payments.receiving import Receipt, confirm
from storefront.payments.services import CannotPay, Contact, DeliveryAddress, start_payment
from storefront.shop.services import NotEnough, add_to_basket

Basket = get_model("basket", "Basket")
DAYS = 91
ORDERS = 72
# Lots come in at one go every few days, credits are shared out every other week.
LOTS_EVERY, SHARING_EVERY = 5, 14
CAMPAIGN_DAYS = 29
# (e-mail's name, what stands on the parcel, province, city, district): units, nobody's name.
BUYERS = (
    ("jia", "买家 甲", "北京", "北京市", "海淀区"),
    ("yi", "买家 乙", "江苏", "南京市", "江宁区"),
    ("bing", "买家 丙", "四川", "成都市", "双流区"),
    ("canteen-1", "第一食堂", "北京", "北京市", "海淀区"),
    ("canteen-2", "第二食堂", "北京", "北京市", "昌平区"),
    ("union", "机关工会", "陕西", "西安市", "雁塔区"),
    ("lab", "材料学院工会", "上海", "上海市", "闵行区"),
)


class Season:
    """The world while it is lived. What is to be done to parcels waits in `due`."""

    def __init__(self, files: Path, first: date) -> None:
        self.dice = random.Random(20260822)  # noqa: S311  a demo, nobody's secret
        self.first = first
        self.lots = _later_lots(files, first)
        users = get_user_model()._default_manager
        self.staff = users.get(email=ADMINISTRATOR.email)
        self.buyers = [_buyer(*row) for row in BUYERS]
        self.buyers.append((users.get(email=BUYER.email), BUYER.name, "北京", "北京市", "海淀区"))
        self.links = list(TrackedLink.objects.select_related("campaign").order_by("code"))
        self.due: list[tuple[int, int, str]] = []
        self.sold = 0

    def live(self, set_clock: Any) -> None:
        """From the first day until yesterday."""
        wanted = sorted(self.dice.sample(range(1, (DAYS - 2) * 3), ORDERS))
        for day in range(1, DAYS):
            morning = datetime.combine(self.first + timedelta(days=day), time(9), SHANGHAI)
            set_clock(morning)
            if day % LOTS_EVERY == 0 or day == DAYS - 1:
                self.bring()
            if day % SHARING_EVERY == 0 or day == DAYS - 1:
                share_out_due()
            while self.due and self.due[0][0] <= day:
                _, pk, step = heapq.heappop(self.due)
                getattr(self, step)(day, pk)
            for hour, number in enumerate(n for n in wanted if n // 3 == day):
                set_clock(morning + timedelta(hours=hour + 1))
                self.sell(day, number)

    def bring(self) -> None:
        """What households delivered since the last time."""
        arrived = [lot for lot in self.lots if lot.delivered_on <= today()]
        self.lots = self.lots[len(arrived) :]
        if arrived:
            deliver_lots(arrived)

    # -- buyers -----------------------------------------------------------------------------------

    def sell(self, day: int, number: int) -> None:
        """One order, paid and confirmed; its parcels wait to be packed. Sold out: no order."""
        user, name, province, city, district = self.dice.choice(self.buyers)
        basket = Basket.objects.create(owner=user, status=Basket.OPEN)
        for product in self._shelf():
            try:
                add_to_basket(basket, product, self.dice.choice((1, 1, 2, 2, 3)))
            except NotEnough:
                continue
        phone = f"1380000{number % 10_000:04}"
        try:
            attempt = start_payment(
                basket,
                contact=Contact(name, user.email, ""),
                address=DeliveryAddress(name, phone, province, city, district, "大学路1号"),
                language="zh-hans",
                user=user,
                touches=self._touches(day, user),
                via=GatewayName.OFFLINE,
            )
        except CannotPay:
            return
        paid = OfflinePayment.objects.get(attempt=attempt)
        order = confirm(
            paid.pk, Receipt("bank", paid.amount_fen, f"DEMO-{number:04}", today()), self.staff
        ).order
        self.sold += 1
        if order is not None:
            self._plan(day, order)

    def _shelf(self) -> Sequence[Product]:
        """One to three packs of what the stores hold today."""
        stores: dict[int, list[StockPool]] = defaultdict(list)
        for pool in StockPool.objects.filter(on_hand__gt=0).order_by("pk"):
            if pool.free > 2500:
                stores[pool.partner_id].append(pool)
        places = self.dice.sample(sorted(stores), self.dice.choice((1, 2, 2, 3)))
        chosen = [self.dice.choice(stores[place]) for place in places]
        found = []
        for pool in chosen:
            packs = Product.objects.filter(
                stockrecords__pool=pool, net_grams__lte=pool.free
            ).order_by("pk")
            if packs:
                found.append(self.dice.choice(list(packs)))
        return found

    def _touches(self, day: int, user: Any) -> list[dict[str, Any]]:
        """Now and then somebody came by a campaign's link, an hour ago."""
        if DAYS - day > CAMPAIGN_DAYS or self.dice.random() < 0.5 or not self.links:
            return []
        link, visitor = (
            self.dice.choice(self.links),
            UUID(int=self.dice.getrandbits(128), version=4),
        )
        at = now() - timedelta(hours=1)
        record_touch(link, visitor, user.pk, at)
        return [
            {
                "link": link.code,
                "campaign": link.campaign_id,
                "at": at.isoformat(),
                "visitor": str(visitor),
            }
        ]

    def _plan(self, day: int, order: Order) -> None:
        if self.sold % 17 == 0:
            heapq.heappush(self.due, (day + 1, order.pk, "cancel"))
            return
        for pk in Consignment.objects.filter(order=order).values_list("pk", flat=True):
            heapq.heappush(self.due, (day + 1, pk, "pack"))

    # -- staff ------------------------------------------------------------------------------------

    def pack(self, day: int, pk: int) -> None:
        """Pack and send; the parcel arrives three days later."""
        parcels.pack(pk, {})
        parcels.ship(pk, "顺丰", f"SF{pk:012}")
        heapq.heappush(self.due, (day + 3, pk, "arrive"))

    def arrive(self, day: int, pk: int) -> None:
        """Delivered; of some, goods were missing or spoiled, told soon or late."""
        parcels.deliver(pk)
        if pk % 9 == 0:
            heapq.heappush(self.due, (day + 1, pk, "give_back"))
        elif pk % 23 == 0:
            heapq.heappush(self.due, (day + 30, pk, "give_back"))

    def give_back(self, day: int, pk: int) -> None:
        """A quarter of the first line's money, which its sales pools bear."""
        line = ConsignmentLine.objects.filter(consignment=pk).order_by("pk")[0]
        order_id = Consignment.objects.get(pk=pk).order_id
        self._pay_back(refund_lines(order_id, [RefundWish(line.pk, amount_fen=line.net_fen // 4)]))

    def cancel(self, day: int, pk: int) -> None:
        """The whole order, before anybody packed it."""
        self._pay_back(refund_order(pk))

    def _pay_back(self, refund: Refund) -> None:
        if refund.state != Refund.State.DONE:
            pay_by_hand(refund.pk, "bank", f"DEMO-R{refund.pk}"[:40], self.staff)


def may_begin() -> bool:
    """Only into a shop whose villages are not loaded yet: nobody delivers into the past."""
    return not VillageImport.objects.exists() and not Lot.objects.exists()


@dataclass
class Past:
    """The season of a fresh demo, in two steps: `begin` before the rest of it, then `live`."""

    files: Path
    first: date = field(default_factory=lambda: today() - timedelta(days=DAYS))

    def begin(self) -> None:
        """Load the villages as they were on the first day."""
        with in_the_past() as set_clock, _files_until(self.files, self.first) as (folder, as_of):
            set_clock(datetime.combine(self.first, time(9), SHANGHAI))
            load_villages(folder, as_of=as_of)

    def live(self) -> None:
        """Live it until yesterday. Then `load_villages` brings what is left of the files."""
        with in_the_past() as set_clock:
            Season(self.files, self.first).live(set_clock)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _shift(files: Path) -> timedelta:
    """What takes the latest delivery of the files to today, as loading them today does."""
    return today() - max(
        date.fromisoformat(row["delivered_on"]) for row in _rows(files / "deliveries.csv")
    )


@contextmanager
def _files_until(files: Path, last: date) -> Iterator[tuple[Path, date]]:
    """The villages' files without later deliveries and all but a promise; the latest one's day."""
    shift = _shift(files)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in files.glob("*.csv"):
            shutil.copy(path, folder)
        promises = folder / "promises.csv"
        # Its header and one row: the loader takes no file without rows.
        promises.write_text("\n".join(promises.read_text("utf-8").splitlines()[:2]), "utf-8")
        rows = [
            row
            for row in _rows(files / "deliveries.csv")
            if date.fromisoformat(row["delivered_on"]) + shift <= last
        ]
        with (folder / "deliveries.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        yield folder, max(date.fromisoformat(row["delivered_on"]) for row in rows) + shift


def _later_lots(files: Path, first: date) -> list[NewLot]:
    """The files' deliveries after the first day, the earliest first."""
    # The first loading wrote down by how many days it shifted them.
    shift = timedelta(days=VillageImport.objects.values_list("shift_days", flat=True)[0])
    households = {row.code: row for row in Household.objects.all()}
    produce = dict(Produce.objects.values_list("code", "pk"))
    lots = [
        NewLot(
            code=row["lot"],
            household_id=households[row["household"]].pk,
            produce_id=produce[row["produce"]],
            partner_id=households[row["household"]].partner_id,
            delivered_on=date.fromisoformat(row["delivered_on"]) + shift,
            grams=int(row["grams"]),
            grade=row["grade"],
        )
        for row in _rows(files / "deliveries.csv")
    ]
    later = [lot for lot in lots if lot.delivered_on > first]
    return sorted(later, key=lambda lot: (lot.delivered_on, lot.code))


def _buyer(key: str, name: str, *place: str) -> tuple[Any, ...]:
    """A buyer that nobody signs in as, and where the parcels go."""
    users = get_user_model()._default_manager
    user, _ = users.get_or_create(
        email=f"{key}@example.org",
        # "!" is no password's hash: nobody signs in with it.
        defaults={"first_name": name, "language": "zh-hans", "password": "!"},  # noqa: S106
    )
    return (user, name, *place)
