"""What the database already holds of what the files name, and where the two disagree."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from catalog.models import Produce, Product
from catalog.numbers import to_fen
from catalog.table_files import Fault, Row
from cooperatives.households.models import Household, Lot, Promise
from cooperatives.partner.models import Partner, StockRecord
from cooperatives.settlement.models import CreditRule

from .checking import OF_PRODUCE, Files
from .tables import COOPERATIVES, DELIVERIES, HOUSEHOLDS, PRODUCTS, PROMISES

Stored = dict[tuple, dict[str, object]]


@dataclass
class Comparison:
    """Whole rows that are not stored yet, by file, and the faults of those that are otherwise."""

    new: dict[str, list[Row]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def compare(files: Files, shift: timedelta) -> Comparison:
    """Hold the files against the database; `shift` is what was added to their dates."""
    comparison = Comparison()
    stored: dict[str, tuple[tuple[str, ...], Stored]] = {
        COOPERATIVES: (("code",), _cooperatives()),
        HOUSEHOLDS: (("code",), _households(files[HOUSEHOLDS].rows)),
        PRODUCTS: (("sku", "cooperative"), _products(files[PRODUCTS].rows)),
        DELIVERIES: (("lot",), _lots(files[DELIVERIES].rows, shift)),
        PROMISES: (
            ("household", "produce", "from", "to"),
            _promises(files[PROMISES].rows, shift),
        ),
    }
    for file, (key, rows) in stored.items():
        comparison.new[file] = list(_new(files[file].rows, key, rows))
        comparison.faults += _differing(files[file].rows, key, rows)
    comparison.faults += _differing(files[PRODUCTS].rows, ("produce",), _produce())
    comparison.faults += _differing(files[PRODUCTS].rows, ("sku",), _packs())
    comparison.faults += _foreign_packs(files[PRODUCTS].rows)
    return comparison


def _new(rows: Iterable[Row], key: tuple[str, ...], stored: Stored) -> Iterator[Row]:
    return (row for row in rows if row.whole and tuple(row[name] for name in key) not in stored)


def _differing(rows: Iterable[Row], key: tuple[str, ...], stored: Stored) -> Iterator[Fault]:
    for row in rows:
        if not row.has(*key):
            continue
        known: Mapping[str, object] = stored.get(tuple(row[name] for name in key), {})
        for column, value in known.items():
            if row.has(column) and row[column] != value:
                yield row.fault(
                    column,
                    f"already loaded with other content: {column} {_or_empty(value)}, "
                    f"file says {_or_empty(row[column])}",
                    "what is loaded, or a row of its own",
                )


def _or_empty(value: object) -> object:
    return "empty" if value == "" else value


def _cooperatives() -> Stored:
    # The rule that the first loading made; later versions are the cooperative's own affair.
    rules = {
        rule.partner_id: rule for rule in CreditRule.objects.filter(produce__isnull=True, version=1)
    }
    return {
        (partner.code,): {
            "name_zh": partner.name,
            "name_en": partner.name_en,
            "province": partner.province,
            "county": partner.county,
            "county_code": partner.county_code,
            "village": partner.village,
        }
        | (
            {
                "service_fee_bps": rules[partner.pk].fee_bps,
                "village_fund_bps": rules[partner.pk].fund_bps,
            }
            if partner.pk in rules
            else {}
        )
        for partner in Partner.objects.all()
    }


def _named(rows: Iterable[Row], column: str) -> set:
    return {row[column] for row in rows if row.has(column)}


def _households(rows: Iterable[Row]) -> Stored:
    return {
        (household.code,): {
            "cooperative": household.partner.code,
            "village": household.village,
            "shares": household.shares,
            "people": household.people,
            "joined_on": household.joined_on,
        }
        for household in Household.objects.filter(code__in=_named(rows, "code")).select_related(
            "partner"
        )
    }


def _products(rows: Iterable[Row]) -> Stored:
    """What each cooperative asks for a pack. The offer price is the staff's (DESIGN §5)."""
    records = StockRecord.objects.filter(product__upc__in=_named(rows, "sku")).select_related(
        "product", "partner"
    )
    return {
        (record.product.upc, record.partner.code): {"price_fen": to_fen(record.price)}
        for record in records
    }


def _produce() -> Stored:
    return {
        (produce.code,): {name: _of_produce(produce, name) for name in OF_PRODUCE}
        for produce in Produce.objects.select_related("category")
    }


def _of_produce(produce: Produce, name: str) -> object:
    return produce.category.name if name == "category" else getattr(produce, name)


def _packs() -> Stored:
    packs = Product.objects.filter(produce__isnull=False).select_related("produce")
    return {
        (pack.upc,): {
            "produce": pack.produce.code,
            "pack": pack.pack_zh,
            "net_grams": pack.net_grams,
        }
        for pack in packs
    }


def _foreign_packs(rows: Iterable[Row]) -> Iterator[Fault]:
    """A sku that a product of another kind has (one made by hand, without produce)."""
    taken = set(
        Product.objects.filter(produce__isnull=True, upc__isnull=False).values_list(
            "upc", flat=True
        )
    )
    for row in rows:
        if row.has("sku") and row["sku"] in taken:
            yield row.fault("sku", f"{row['sku']} is a product without produce", "a sku of its own")


def _lots(rows: Iterable[Row], shift: timedelta) -> Stored:
    lots = Lot.objects.filter(code__in=_named(rows, "lot")).select_related(
        "household", "pool__produce"
    )
    return {
        (lot.code,): {
            "household": lot.household.code,
            "produce": lot.pool.produce.code,
            "delivered_on": lot.delivered_on - shift,
            "grams": lot.grams,
            "grade": lot.grade,
        }
        for lot in lots
    }


def _promises(rows: Iterable[Row], shift: timedelta) -> Stored:
    promises = Promise.objects.filter(household__code__in=_named(rows, "household")).select_related(
        "household", "pool__produce"
    )
    return {
        (
            promise.household.code,
            promise.pool.produce.code,
            promise.from_day - shift,
            promise.to_day - shift,
        ): {"grams": promise.grams, "grams_per_day": promise.grams_per_day}
        for promise in promises
    }
