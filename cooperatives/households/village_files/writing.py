"""Writing rows that were checked and are new (DESIGN §2, §5, §6)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from oscar.core.loading import get_model

from catalog.models import Category, Produce, Product
from catalog.numbers import to_yuan
from catalog.pack_names import pack_in_english
from catalog.table_files import Row
from cooperatives.households.models import Household
from cooperatives.households.services import NewLot, NewPromise, deliver_lots, make_promises
from cooperatives.partner.models import Partner, StockRecord
from cooperatives.partner.stock import get_pool
from cooperatives.settlement.models import CreditRule

from .checking import Files
from .tables import COOPERATIVES, DELIVERIES, HOUSEHOLDS, PRODUCTS, PROMISES

# A cooperative's first rule covers every delivery that can be entered.
RULES_FROM = date(2000, 1, 1)
# What keeps no longer than this is pooled by the day: its price moves too fast for a week.
SPOILS_WITHIN_DAYS = 7
CURRENCY = "CNY"


def write(files: Files, new: Mapping[str, Sequence[Row]], shift: timedelta) -> None:
    """Write the new rows of the five files; `shift` is added to deliveries' and promises' days.

    Deliveries come before promises: what a file promises is what can still be picked.
    """
    _cooperatives(new[COOPERATIVES])
    partners = {partner.code: partner for partner in Partner.objects.all()}
    _households(new[HOUSEHOLDS], partners)
    _produce(new[PRODUCTS])
    produce = {each.code: each for each in Produce.objects.all()}
    _packs(new[PRODUCTS], produce)
    _offers(new[PRODUCTS], partners, produce)
    _rules_for_what_spoils(new[PRODUCTS], files[COOPERATIVES].rows, partners, produce)
    households = {
        household.code: household
        for household in Household.objects.filter(partner__in=partners.values())
    }
    deliver_lots(
        [
            NewLot(
                code=row["lot"],
                household_id=households[row["household"]].pk,
                produce_id=produce[row["produce"]].pk,
                partner_id=households[row["household"]].partner_id,
                delivered_on=row["delivered_on"] + shift,
                grams=row["grams"],
                grade=row["grade"],
            )
            for row in new[DELIVERIES]
        ]
    )
    make_promises(
        [
            NewPromise(
                household_id=households[row["household"]].pk,
                produce_id=produce[row["produce"]].pk,
                partner_id=households[row["household"]].partner_id,
                from_day=row["from"] + shift,
                to_day=row["to"] + shift,
                grams=row["grams"],
                grams_per_day=row["grams_per_day"],
            )
            for row in new[PROMISES]
        ]
    )


def _cooperatives(rows: Sequence[Row]) -> None:
    for row in rows:
        partner = Partner.objects.create(
            code=row["code"],
            name=row["name_zh"],
            name_en=row["name_en"],
            province=row["province"],
            county=row["county"],
            county_code=row["county_code"],
            village=row["village"],
        )
        CreditRule.objects.create(
            partner=partner,
            valid_from=RULES_FROM,
            period=CreditRule.Period.WEEK,
            fee_bps=row["service_fee_bps"],
            fund_bps=row["village_fund_bps"],
        )


def _households(rows: Sequence[Row], partners: Mapping[str, Partner]) -> None:
    Household.objects.bulk_create(
        Household(
            code=row["code"],
            partner=partners[row["cooperative"]],
            village=row["village"],
            shares=row["shares"],
            people=row["people"],
            joined_on=row["joined_on"],
        )
        for row in rows
    )


def _produce(rows: Sequence[Row]) -> None:
    categories = {category.name: category for category in Category.get_root_nodes()}
    known = set(Produce.objects.values_list("code", flat=True))
    for row in rows:
        if row["produce"] in known:
            continue
        known.add(row["produce"])
        if row["category"] not in categories:
            categories[row["category"]] = Category.add_root(name=row["category"])
        Produce.objects.create(
            code=row["produce"],
            category=categories[row["category"]],
            **{
                name: row[name]
                for name in (
                    "name_zh",
                    "name_en",
                    "season_from",
                    "season_to",
                    "shelf_days",
                    "ship_within_hours",
                    "return_days",
                    "temperature",
                    "gi_certificate",
                )
            },
        )


def _packs(rows: Sequence[Row], produce: Mapping[str, Produce]) -> None:
    """The offer price is that of the sku's first row (DESIGN §5)."""
    product_class, _ = get_model("catalogue", "ProductClass").objects.get_or_create(
        slug="produce",
        defaults={"name": "produce", "track_stock": False, "requires_shipping": True},
    )
    known = set(Product.objects.filter(upc__isnull=False).values_list("upc", flat=True))
    for row in rows:
        if row["sku"] in known:
            continue
        known.add(row["sku"])
        grown = produce[row["produce"]]
        pack = Product.objects.create(
            structure=Product.STANDALONE,
            product_class=product_class,
            upc=row["sku"],
            title=f"{row['name_zh']} {row['pack']}",
            produce=grown,
            pack_zh=row["pack"],
            pack_en=pack_in_english(row["pack"], row["net_grams"]),
            net_grams=row["net_grams"],
            offer_price=to_yuan(row["price_fen"]),
        )
        pack.categories.add(grown.category_id)


def _offers(
    rows: Sequence[Row], partners: Mapping[str, Partner], produce: Mapping[str, Produce]
) -> None:
    packs = dict(
        Product.objects.filter(upc__in={row["sku"] for row in rows}).values_list("upc", "pk")
    )
    StockRecord.objects.bulk_create(
        StockRecord(
            product_id=packs[row["sku"]],
            partner=partners[row["cooperative"]],
            partner_sku=row["sku"],
            price_currency=CURRENCY,
            price=to_yuan(row["price_fen"]),
            pool=get_pool(partners[row["cooperative"]].pk, produce[row["produce"]].pk),
        )
        for row in rows
    )


def _rules_for_what_spoils(
    rows: Sequence[Row],
    cooperatives: Sequence[Row],
    partners: Mapping[str, Partner],
    produce: Mapping[str, Produce],
) -> None:
    """A day's rule for each produce of a cooperative that spoils and has no rule of its own."""
    rates = {row["code"]: (row["service_fee_bps"], row["village_fund_bps"]) for row in cooperatives}
    wanted = sorted(
        {
            (row["cooperative"], row["produce"])
            for row in rows
            if row["shelf_days"] <= SPOILS_WITHIN_DAYS
        }
    )
    ruled = set(
        CreditRule.objects.filter(produce__isnull=False).values_list("partner_id", "produce_id")
    )
    CreditRule.objects.bulk_create(
        CreditRule(
            partner=partners[cooperative],
            produce=produce[grown],
            valid_from=RULES_FROM,
            period=CreditRule.Period.DAY,
            fee_bps=rates[cooperative][0],
            fund_bps=rates[cooperative][1],
        )
        for cooperative, grown in wanted
        if (partners[cooperative].pk, produce[grown].pk) not in ruled
    )
