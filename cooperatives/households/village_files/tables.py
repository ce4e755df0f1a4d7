"""What each of the five files holds. Lengths are those of the columns that take the text."""

from functools import cache

from django.db.models import CharField, Model

from catalog.clock import today
from catalog.models import Category, Produce, Product
from catalog.table_files import Kind, Table, code, day, one_of, pattern, text, whole
from cooperatives.households.models import Household, Lot
from cooperatives.partner.models import Partner, StockRecord
from cooperatives.routing.provinces import PROVINCES

# 1,000 tonnes: far above what a household delivers at once, far below what a column holds.
MOST_GRAMS = 1_000_000_000
MOST_FEN = 1_000_000_000
MOST_INTEGER = 2_147_483_647
WHOLE_BPS = 10_000

COOPERATIVES, HOUSEHOLDS, PRODUCTS = "cooperatives.csv", "households.csv", "products.csv"
DELIVERIES, PROMISES = "deliveries.csv", "promises.csv"


def _length(model: type[Model], name: str) -> int:
    column = model._meta.get_field(name)
    assert isinstance(column, CharField) and column.max_length
    return column.max_length


def _text(model: type[Model], name: str, optional: bool = False) -> Kind:
    return text(_length(model, name), optional)


def _code(model: type[Model], name: str = "code") -> Kind:
    return code(_length(model, name))


@cache
def tables() -> dict[str, Table]:
    """The five tables by file name, in the order in which they refer to each other."""
    bps = whole(0, WHOLE_BPS, "basis points")
    month = whole(1, 12)
    grams = whole(1, MOST_GRAMS, "grams")
    cooperative, household = _code(Partner), _code(Household)
    produce, sku = _code(Produce), code(min(_length(Product, "upc"), _sku_length()))
    listed = [
        Table(
            COOPERATIVES,
            {
                "code": cooperative,
                "name_zh": _text(Partner, "name"),
                "name_en": _text(Partner, "name_en", optional=True),
                "province": one_of(PROVINCES, "a province's short name such as 广西"),
                "county": _text(Partner, "county"),
                "county_code": pattern(r"[0-9]{6}", "six digits of GB/T 2260"),
                "village": _text(Partner, "village"),
                "service_fee_bps": bps,
                "village_fund_bps": bps,
            },
            ("code",),
        ),
        Table(
            HOUSEHOLDS,
            {
                "code": household,
                "cooperative": cooperative,
                "village": _text(Household, "village"),
                "shares": whole(0, MOST_INTEGER),
                "people": whole(1, 1000),
                "joined_on": day(not_after=today),
            },
            ("code",),
        ),
        Table(
            PRODUCTS,
            {
                "sku": sku,
                "produce": produce,
                "name_zh": _text(Produce, "name_zh"),
                "name_en": _text(Produce, "name_en", optional=True),
                "category": _text(Category, "name"),
                "pack": _text(Product, "pack_zh"),
                "net_grams": grams,
                "price_fen": whole(1, MOST_FEN, "fen"),
                "season_from": month,
                "season_to": month,
                "shelf_days": whole(1, 36_500, "days"),
                "ship_within_hours": whole(1, 8_760, "hours"),
                "return_days": whole(0, 365, "days"),
                "temperature": one_of(Produce.Temperature.values),
                "gi_certificate": _text(Produce, "gi_certificate", optional=True),
                "cooperative": cooperative,
            },
            ("sku", "cooperative"),
        ),
        Table(
            DELIVERIES,
            {
                "lot": _code(Lot),
                "household": household,
                "produce": produce,
                "delivered_on": day(),
                "grams": grams,
                "grade": one_of(Lot.Grade.values),
            },
            ("lot",),
        ),
        Table(
            PROMISES,
            {
                "household": household,
                "produce": produce,
                "from": day(),
                "to": day(),
                "grams": grams,
                "grams_per_day": grams,
            },
            ("household", "produce", "from", "to"),
        ),
    ]
    return {table.file: table for table in listed}


def _sku_length() -> int:
    return _length(StockRecord, "partner_sku")
