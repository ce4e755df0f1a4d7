"""What the oracle starts from: the CSV files and the payment service's own lists."""

import csv
import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import namedtuple_row

SHANGHAI = ZoneInfo("Asia/Shanghai")
GRADE_BPS = {"A": 10_000, "B": 8_000}
# DESIGN §6: a week from Monday to Sunday, "a day for what spoils".
SPOILS_WITHIN_DAYS = 7
# Of the settings: a parcel without news counts as delivered after so many days on its way.
SHIPPED_COUNTS_AFTER_DAYS = 15


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection that names its columns."""
    return psycopg.connect(url, row_factory=namedtuple_row, autocommit=True)


def in_proportion(total: int, weights: Mapping[Any, int]) -> dict[Any, int]:
    """Cut an amount by largest remainder, ties by the smaller key (DESIGN §3)."""
    whole = sum(weights.values())
    if not whole:
        assert not total, "an amount over nothing"
        return dict.fromkeys(weights, 0)
    quotas = {key: divmod(total * weight, whole) for key, weight in weights.items()}
    parts = {key: quotient for key, (quotient, _) in quotas.items()}
    order = sorted(quotas, key=lambda key: (-quotas[key][1], key))
    for key in order[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Villages:
    """The five files, as loaded for a day, and the freight table."""

    folder: Path
    as_of: date
    freight_file: Path

    def __post_init__(self) -> None:
        deliveries = _rows(self.folder, "deliveries.csv")
        latest = max(date.fromisoformat(row["delivered_on"]) for row in deliveries)
        self.shift = self.as_of - latest
        self.rates = {
            row["code"]: (int(row["service_fee_bps"]), int(row["village_fund_bps"]))
            for row in _rows(self.folder, "cooperatives.csv")
        }
        self.cooperative_of = {
            row["code"]: row["cooperative"] for row in _rows(self.folder, "households.csv")
        }
        self.lots = {
            row["lot"]: (
                row["household"],
                row["produce"],
                date.fromisoformat(row["delivered_on"]) + self.shift,
                int(row["grams"]),
                row["grade"],
            )
            for row in deliveries
        }
        self.promises = [
            (
                row["household"],
                row["produce"],
                date.fromisoformat(row["from"]) + self.shift,
                date.fromisoformat(row["to"]) + self.shift,
                int(row["grams"]),
                int(row["grams_per_day"]),
            )
            for row in _rows(self.folder, "promises.csv")
        ]
        # When a promise was made, by its place in the list, if it was not loaded.
        self.made: dict[int, datetime] = {}
        self.packs: dict[str, dict[str, str]] = {}
        self.asks: dict[str, dict[str, int]] = defaultdict(dict)
        self.produce: dict[str, dict[str, str]] = {}
        for row in _rows(self.folder, "products.csv"):
            # The first row of a pack is its offer (DESIGN §5), and of a produce its clocks.
            self.packs.setdefault(row["sku"], row)
            self.produce.setdefault(row["produce"], row)
            self.asks[row["sku"]][row["cooperative"]] = int(row["price_fen"])
        self.freight = {
            (row["cooperative"], row["province"]): tuple(
                int(row[name]) for name in ("first_grams", "first_fen", "step_grams", "step_fen")
            )
            for row in _rows(self.freight_file.parent, self.freight_file.name)
        }

    def offer(self, sku: str) -> int:
        return int(self.packs[sku]["price_fen"])

    def net_grams(self, sku: str) -> int:
        return int(self.packs[sku]["net_grams"])

    def clock(self, produce: str, name: str) -> int:
        return int(self.produce[produce][name])

    def period(self, produce: str, day: date) -> tuple[date, date]:
        """First and last day of the sales pool that a delivery falls into."""
        if self.clock(produce, "shelf_days") <= SPOILS_WITHIN_DAYS:
            return day, day
        monday = day - timedelta(days=day.isoweekday() - 1)
        return monday, monday + timedelta(days=6)

    def expires(self, produce: str, day: date) -> datetime:
        last = day + timedelta(days=self.clock(produce, "shelf_days"))
        return datetime.combine(last, time(), SHANGHAI).astimezone(UTC)

    def parcel(self, cooperative: str, province: str, grams: int) -> int:
        """Freight: the cooperative's own row before the common one, the province's before ''."""
        for key in (
            (cooperative, province),
            (cooperative, ""),
            ("", province),
            ("", ""),
        ):
            if key in self.freight:
                first_grams, first_fen, step_grams, step_fen = self.freight[key]
                more = max(0, grams - first_grams)
                return first_fen + (more + step_grams - 1) // step_grams * step_fen
        raise AssertionError(f"no freight for {cooperative} to {province}")


@dataclass
class Stripe:
    """The payment service's own lists."""

    url: str
    key: str

    def listed(self, what: str) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            request = urllib.request.Request(
                f"{self.url}/v1/{what}?limit=100{after}",
                headers={"Authorization": f"Bearer {self.key}"},
            )
            with urllib.request.urlopen(request, timeout=30) as response:
                page = json.load(response)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = f"&starting_after={page['data'][-1]['id']}"

    def payments(self) -> dict[str, dict[str, Any]]:
        """What was paid, by attempt."""
        return {
            intent["metadata"]["attempt"]: intent
            for intent in self.listed("payment_intents")
            if intent["status"] == "succeeded"
        }

    def refunds(self) -> dict[str, dict[str, Any]]:
        """What was given back, by refund."""
        return {
            refund["metadata"]["refund"]: refund
            for refund in self.listed("refunds")
            if refund["status"] == "succeeded"
        }
