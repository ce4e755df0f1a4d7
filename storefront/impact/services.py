"""Counting the public figures anew, and publishing them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction

from catalog.clock import now
from catalog.numbers import largest_remainder
from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign
from storefront.impact import disclosure, facts
from storefront.impact.disclosure import Amounts
from storefront.impact.facts import Facts
from storefront.impact.models import PUBLISHED, CountedPayout, MergedPool, Publication

# "imp": two counts at once would each add the same lump.
LOCK = 0x696D70
ALL, BY_VILLAGE, BY_MONTH, BY_CAMPAIGN = (1, 1, 1), (0, 1, 1), (1, 0, 1), (1, 1, 0)
Sums = dict[Any, list[int]]  # key → [paid, net, credited]


def count() -> datetime | None:
    """Count the public figures in one snapshot of the ledger and publish them; gives its moment.

    None when another count is running. Cheap for the page, dear here: it reads every leg of the
    sales pools, so it runs by schedule.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
        moment = now()
        figures = _figures(facts.read_facts())
        Publication.objects.update_or_create(
            pk=Publication.ONLY, defaults={"counted_at": moment, "figures": figures}
        )
        # Who looks before the commit keeps the old ones for a minute at most.
        transaction.on_commit(lambda: cache.delete(PUBLISHED))
    return moment


def _figures(found: Facts) -> dict[str, Any]:
    merged = _join_lumps(found)
    shown = {
        pool
        for pool, group in found.groups.items()
        if disclosure.is_open(group) and pool not in merged
    }
    rest = Amounts()
    for amounts in merged.values():
        rest += amounts
    villages = _villages(found.partners.values())
    orders = _orders(shown)
    members: dict[Any, set[int]] = defaultdict(set)
    for pool, fen in facts.sums_by_pool(found.credited).items():
        if pool in shown and fen:
            members[villages[found.partners[pool]]["key"]] |= found.groups[pool].households
    by_village, by_month, by_campaign = _sums(found, shown, villages)
    paid, net, credited = (sum(row[i] for row in by_month.values()) for i in range(3))
    unsettled = sum(fen for pool, fen in facts.rows(facts.UNSETTLED) if pool in shown)
    return {
        "totals": {
            "sold": paid + rest.paid,
            "net": net + rest.net,
            "settled": net + rest.net - unsettled,
            "credited": credited + rest.credited,
            "paid_out": _paid_out(),
            "orders": orders.get(ALL, {}).get(None, 0),
            "households": len(set().union(*members.values())),
        },
        "merged": [rest.paid, rest.net, rest.credited],
        "villages": [
            {**village, "figures": sums, "orders": n, "households": len(members[village["key"]])}
            for village, sums, n in _with_villages(villages, by_village, orders)
        ],
        "months": [
            {"month": month, "figures": sums, "orders": orders[BY_MONTH].get(month, 0)}
            for month, sums in sorted(by_month.items())
        ]
        if by_month
        else [],
        "campaigns": _with_campaigns(by_campaign, orders.get(BY_CAMPAIGN, {})),
    }


def _join_lumps(found: Facts) -> dict[int, Amounts]:
    """Add to the merged sum what may join it; gives what it contains, by sales pool."""
    counted = {
        row.sales_pool_id: Amounts(row.paid_fen, row.net_fen, row.credited_fen, row.unshared_fen)
        for row in MergedPool.objects.all()
    }
    small = {
        pool: group
        for pool, group in found.groups.items()
        if pool in counted or not disclosure.is_open(group)
    }
    merged = disclosure.lumps(small, found.amounts(small), counted)
    MergedPool.objects.bulk_create(
        [
            MergedPool(
                sales_pool_id=pool,
                paid_fen=amounts.paid,
                net_fen=amounts.net,
                credited_fen=amounts.credited,
                unshared_fen=amounts.unshared,
            )
            for pool, amounts in merged.items()
            if amounts != counted.get(pool)
        ],
        update_conflicts=True,
        unique_fields=["sales_pool"],
        update_fields=["paid_fen", "net_fen", "credited_fen", "unshared_fen"],
    )
    return merged


def _paid_out() -> int:
    """What households were paid out, as far as it may be told; what it contains is kept."""
    counted = dict(CountedPayout.objects.values_list("household", "fen"))
    paid, owed = {}, {}
    for household, fen, balance in facts.rows(facts.PAID_OUT):
        owed[household] = balance
        if fen:
            paid[household] = fen
    result = disclosure.payouts(paid, owed, counted)
    CountedPayout.objects.bulk_create(
        [
            CountedPayout(household_id=household, fen=fen)
            for household, fen in result.items()
            if fen != counted.get(household)
        ],
        update_conflicts=True,
        unique_fields=["household"],
        update_fields=["fen"],
    )
    return sum(result.values())


def _villages(partner_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """{cooperative: its village, with all of that village's cooperatives}."""
    grouped: dict[tuple[str, str], list[Partner]] = defaultdict(list)
    for partner in Partner.objects.filter(pk__in=set(partner_ids)).order_by("code"):
        grouped[partner.county_code, partner.village].append(partner)
    result = {}
    for (county_code, name), partners in grouped.items():
        village = {
            "key": f"{county_code}:{name}",
            "village": name,
            "county": partners[0].county,
            "village_en": partners[0].village_en,
            "county_en": partners[0].county_en,
            "partners": [partner.pk for partner in partners],
            "names_zh": [partner.name for partner in partners],
            "names_en": [partner.name_en for partner in partners],
        }
        result |= {partner.pk: village for partner in partners}
    return result


def _sums(
    found: Facts, shown: set[int], villages: Mapping[int, dict[str, Any]]
) -> tuple[Sums, Sums, Sums]:
    """Paid, net and credited of the pools shown, by village, by month and by campaign."""
    by_village: Sums = defaultdict(lambda: [0, 0, 0])
    by_month: Sums = defaultdict(lambda: [0, 0, 0])
    by_campaign: Sums = defaultdict(lambda: [0, 0, 0])
    brought: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    packed: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for key in found.paid.keys() | found.refunded.keys():
        pool, month, campaign = key
        if pool not in shown:
            continue
        paid, refunded = found.paid.get(key, 0), found.refunded.get(key, 0)
        brought[pool][campaign] += paid - refunded
        packed[pool][campaign] += paid
        place = villages[found.partners[pool]]["key"]
        for row in (by_village[place], by_month[month], by_campaign[campaign]):
            row[0] += paid
            row[1] += paid - refunded
    for (pool, month), fen in found.credited.items():
        if pool in shown and fen:
            by_village[villages[found.partners[pool]]["key"]][2] += fen
            by_month[month][2] += fen
    for pool, fen in facts.sums_by_pool(found.credited).items():
        if pool in shown and fen:
            for campaign, part in _cut(fen, brought[pool], packed[pool]).items():
                by_campaign[campaign][2] += part
    return by_village, by_month, by_campaign


def _cut(credited: int, brought: Mapping[int, int], packed: Mapping[int, int]) -> dict[int, int]:
    """A pool's credits cut over campaigns (0: none) by what they brought in, net of refunds.

    By what was packed where nothing of that is left: then the credits await their reversal.
    """
    for money in (brought, packed):
        weights = {campaign: max(0, fen) for campaign, fen in money.items()}
        if any(weights.values()):
            sign = -1 if credited < 0 else 1
            parts = largest_remainder(abs(credited), weights)
            return {campaign: sign * part for campaign, part in parts.items()}
    return {0: credited}


def _orders(shown: set[int]) -> dict[tuple[int, int, int], dict[Any, int]]:
    """How many orders have goods of the pools shown: in all, by village, month and campaign."""
    result: dict[tuple[int, int, int], dict[Any, int]] = defaultdict(dict)
    for village, month, campaign, county_code, name, month_name, campaign_id, orders in facts.rows(
        facts.ORDERS, [sorted(shown)]
    ):
        which = (int(bool(village)), month, campaign)
        key = {
            BY_VILLAGE: f"{county_code}:{name}",
            BY_MONTH: month_name,
            BY_CAMPAIGN: campaign_id,
        }.get(which)
        result[which][key] = orders
    return result


def _with_villages(villages: Mapping[int, dict], sums: Sums, orders: Mapping) -> Iterable[tuple]:
    by_key = {village["key"]: village for village in villages.values()}
    found = [
        (by_key[key], row, orders.get(BY_VILLAGE, {}).get(key, 0)) for key, row in sums.items()
    ]
    return sorted(found, key=lambda one: (-one[1][0], one[0]["key"]))


def _with_campaigns(sums: Sums, orders: Mapping[int, int]) -> list[dict[str, Any]]:
    """The campaigns' figures, the most sold first; what no campaign sold comes last."""
    names = Campaign.objects.in_bulk(list(sums))
    found = [
        {
            "campaign": pk or None,
            "code": names[pk].code if pk else "",
            "name_zh": names[pk].name_zh if pk else "",
            "name_en": names[pk].name_en if pk else "",
            "figures": row,
            "orders": orders.get(pk, 0),
        }
        for pk, row in sums.items()
    ]
    return sorted(found, key=lambda one: (not one["campaign"], -one["figures"][0], one["code"]))
