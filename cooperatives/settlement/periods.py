"""Which rule and which pooling period a delivery falls into (DESIGN §6, "Sharing out")."""

from contextlib import suppress
from datetime import date, timedelta

from cooperatives.settlement.models import CreditRule, SalesPool


class NoCreditRule(Exception):
    """A cooperative has no credit rule for a produce on a day."""


class Rules:
    """The credit rules of some cooperatives, read once."""

    def __init__(self, partner_ids):
        self._rules: dict[tuple[int, int | None], list[CreditRule]] = {}
        rules = CreditRule.objects.filter(partner_id__in=set(partner_ids)).order_by("version")
        for rule in rules:
            self._rules.setdefault((rule.partner_id, rule.produce_id), []).append(rule)

    def on(self, partner_id: int, produce_id: int, day: date) -> CreditRule:
        """The rule of a produce on a day: the newest version of its own, else the common one."""
        for key in ((partner_id, produce_id), (partner_id, None)):
            valid = [rule for rule in self._rules.get(key, []) if rule.valid_from <= day]
            if valid:
                return valid[-1]
        raise NoCreditRule(f"cooperative {partner_id}, produce {produce_id}, {day}")

    def period(self, partner_id: int, produce_id: int, day: date) -> tuple[date, date, CreditRule]:
        """First and last day of the period that a delivery falls into, and its rule.

        A week is Monday to Sunday. The rule is the one of the period's first day.
        """
        rule = self.on(partner_id, produce_id, day)
        if rule.period == CreditRule.Period.DAY:
            return day, day, rule
        monday = day - timedelta(days=day.weekday())
        # A cooperative's first rule may have begun in the middle of the week.
        with suppress(NoCreditRule):
            rule = self.on(partner_id, produce_id, monday)
        return monday, monday + timedelta(days=6), rule


def sales_pools_for(wanted: set[tuple[int, int, int, date]]) -> dict[tuple[int, date], SalesPool]:
    """The sales pools of deliveries, made where missing.

    Takes {(pool id, cooperative id, produce id, day)}; gives {(pool id, day): sales pool}.
    Raises NoCreditRule.
    """
    rules = Rules(partner_id for _, partner_id, _, _ in wanted)
    periods = {
        (pool_id, day): rules.period(partner_id, produce_id, day)
        for pool_id, partner_id, produce_id, day in wanted
    }
    unique = {
        (pool_id, start, end): SalesPool(pool_id=pool_id, starts_on=start, ends_on=end, rule=rule)
        for (pool_id, _), (start, end, rule) in periods.items()
    }
    # In one order, so that two who make the same ones never wait in a circle.
    SalesPool.objects.bulk_create([unique[key] for key in sorted(unique)], ignore_conflicts=True)
    known = {
        (pool.pool_id, pool.starts_on, pool.ends_on): pool
        for pool in SalesPool.objects.filter(pool_id__in={key[0] for key in unique})
    }
    return {
        (pool_id, day): known[pool_id, start, end]
        for (pool_id, day), (start, end, _) in periods.items()
    }
