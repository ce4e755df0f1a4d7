"""The lists, newest first, and the balance."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from typing import Any

from . import forms
from .box import Box, Call
from .errors import bad_parameter
from .objects import SETTLES_AFTER

FOREVER = (0, 2**62)
_PAGING = ("limit", "starting_after", "ending_before", "created", "expand")


def intents(box: Box, call: Call) -> dict[str, Any]:
    forms.only(call.params, _PAGING)
    return _page(box, call, "payment_intent", "/v1/payment_intents")


def charges(box: Box, call: Call) -> dict[str, Any]:
    forms.only(call.params, (*_PAGING, "payment_intent"))
    intent = forms.text(call.params, "payment_intent")
    ids = None if intent is None else box.store.charges_of.get(intent, [])
    return _page(box, call, "charge", "/v1/charges", ids)


def refunds(box: Box, call: Call) -> dict[str, Any]:
    forms.only(call.params, (*_PAGING, "payment_intent", "charge"))
    store = box.store
    charge_ids: Iterable[str] | None = None
    if intent := forms.text(call.params, "payment_intent"):
        charge_ids = store.charges_of.get(intent, [])
    if charge := forms.text(call.params, "charge"):
        charge_ids = [charge] if charge in store.charges.rows else []
    ids = None
    if charge_ids is not None:
        ids = [refund for c in charge_ids for refund in store.charges.rows[c].refunds]
    return _page(box, call, "refund", "/v1/refunds", ids)


def refunds_of_charge(box: Box, call: Call, charge_id: str) -> dict[str, Any]:
    forms.only(call.params, _PAGING)
    charge = box.store.charges.get(charge_id, "charge")
    return _page(box, call, "refund", f"/v1/charges/{charge_id}/refunds", charge.refunds)


def transactions(box: Box, call: Call) -> dict[str, Any]:
    forms.only(call.params, (*_PAGING, "source", "type", "currency"))
    source, kind = forms.text(call.params, "source"), forms.text(call.params, "type")
    currency = forms.text(call.params, "currency")
    ids = None
    if source is not None:
        row = box.store.charges.rows.get(source) or box.store.refunds.rows.get(source)
        ids = [row.txn] if row is not None and row.txn is not None else []
        call.params.pop("source")
    return _page(
        box,
        call,
        "balance_transaction",
        "/v1/balance_transactions",
        ids,
        lambda row: kind in (None, row.kind) and currency in (None, row.currency),
    )


def events(box: Box, call: Call) -> dict[str, Any]:
    """`type` may hold a `*`, as in `charge.*`; `types` is a list of exact names."""
    forms.only(call.params, (*_PAGING, "type", "types", "delivery_success"))
    pattern, names = forms.text(call.params, "type"), forms.strings(call.params, "types")
    success = forms.boolean(call.params, "delivery_success")
    if pattern is not None and names:
        raise bad_parameter("You may only specify one of these parameters: type, types.", "type")
    waiting = box.store.undelivered

    def match(row: Any) -> bool:
        return (
            (pattern is None or fnmatch.fnmatchcase(row.type, pattern))
            and (not names or row.type in names)
            and (success is None or success == (row.id not in waiting))
        )

    return _page(box, call, "event", "/v1/events", None, match)


def balance(box: Box, call: Call) -> dict[str, Any]:
    """What the account holds, net of fees, by currency; `pending` is not paid out yet."""
    border = box.store.now() - SETTLES_AFTER
    sums: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for row in box.store.txns.rows.values():
        part = sums[row.created <= border]
        part[row.currency] = part.get(row.currency, 0) + row.amount - row.fee

    def shown(part: dict[str, int]) -> list[dict[str, Any]]:
        return [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(part.items())
        ]

    return {
        "object": "balance",
        "available": shown(sums[True]),
        "livemode": False,
        "pending": shown(sums[False]),
    }


def account(box: Box, call: Call) -> dict[str, Any]:
    return {
        "id": "acct_sandbox",
        "object": "account",
        "charges_enabled": True,
        "country": "HK",
        "default_currency": "cny",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": False,
        "settings": {"dashboard": {"display_name": "Stripe sandbox"}},
        "type": "standard",
    }


def _page(
    box: Box,
    call: Call,
    kind: str,
    url: str,
    ids: Iterable[str] | None = None,
    match: Callable[[Any], bool] | None = None,
) -> dict[str, Any]:
    params = call.params
    limit = forms.integer(params, "limit", 1) or 10
    if limit > 100:
        raise bad_parameter("This value must be less than or equal to 100.", "limit")
    after, before = forms.text(params, "starting_after"), forms.text(params, "ending_before")
    if after is not None and before is not None:
        raise bad_parameter(
            "You may only specify one of these parameters: ending_before, starting_after.",
            "ending_before",
        )
    rows, more = box.store.tables[kind].page(_created(params), limit, after, before, ids, match)
    expand = tuple(path.removeprefix("data.") for path in forms.strings(params, "expand"))
    return {
        "object": "list",
        "data": [box.renderer.render(row, expand) for row in rows],
        "has_more": more,
        "url": url,
    }


def _created(params: dict[str, Any]) -> tuple[int, int]:
    """The first and the last second that `created` asks for."""
    given = params.get("created")
    if given is None:
        return FOREVER
    if isinstance(given, str):
        second = forms.integer(params, "created")
        return FOREVER if second is None else (second, second)
    given = forms.mapping(params, "created") or {}
    forms.only(given, ("gt", "gte", "lt", "lte"))
    low, high = FOREVER
    for name in given:
        second = forms.integer(given, name)
        if second is not None:
            if name.startswith("g"):
                low = max(low, second + (name == "gt"))
            else:
                high = min(high, second - (name == "lt"))
    return low, high
