"""The lists, newest first, and the balance."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from typing import Any

from . import forms
from .balance import sums
from .box import Box, Call
from .errors import bad_parameter

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
    forms.only(call.params, (*_PAGING, "source", "type", "currency", "payout"))
    source, kind = forms.text(call.params, "source"), forms.text(call.params, "type")
    currency = forms.text(call.params, "currency")
    ids = None
    if source is not None:
        ids = _of_source(box, source)
    span = None
    payout_id = forms.text(call.params, "payout")
    if payout_id is not None:
        payout = box.store.payouts.get(payout_id, "payout", 400)
        if not payout.automatic:
            raise bad_parameter(
                "Balance transaction history can only be filtered on automatic transfers, not "
                "manual.",
                "payout",
            )
        span = (payout.span[0], payout.span[1] + 1)
        currency = currency or payout.currency
    return _page(
        box,
        call,
        "balance_transaction",
        "/v1/balance_transactions",
        ids,
        lambda row: kind in (None, row.kind) and currency in (None, row.currency),
        span,
    )


def _of_source(box: Box, source: str) -> list[str]:
    """The transactions of a charge, refund, payout or dispute."""
    store = box.store
    dispute = store.disputes.rows.get(source)
    if dispute is not None:
        return list(dispute.txns)
    charge = store.charges.rows.get(source)
    if charge is not None:
        return [charge.txn] if charge.txn is not None else []
    row = store.refunds.rows.get(source) or store.payouts.rows.get(source)
    found = (row.txn, row.failure_txn) if row is not None else ()
    return [txn for txn in found if txn is not None]


def payouts(box: Box, call: Call) -> dict[str, Any]:
    forms.only(call.params, (*_PAGING, "status", "arrival_date"))
    status = forms.text(call.params, "status")
    first, last = _seconds(call.params, "arrival_date")
    return _page(
        box,
        call,
        "payout",
        "/v1/payouts",
        None,
        lambda row: status in (None, row.status) and first <= row.created <= last,
    )


def disputes(box: Box, call: Call) -> dict[str, Any]:
    forms.only(call.params, (*_PAGING, "charge", "payment_intent"))
    store = box.store
    charge_id = forms.text(call.params, "charge")
    intent_id = forms.text(call.params, "payment_intent")
    ids = None
    if charge_id is not None or intent_id is not None:
        wanted = [charge_id] if charge_id is not None else store.charges_of.get(intent_id or "", [])
        charges = [store.charges.rows[name] for name in wanted if name in store.charges.rows]
        ids = [
            charge.dispute
            for charge in charges
            if charge.dispute is not None and intent_id in (None, charge.intent)
        ]
    return _page(box, call, "dispute", "/v1/disputes", ids)


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
    available, pending = sums(box.store)

    def shown(part: dict[str, int]) -> list[dict[str, Any]]:
        return [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(part.items())
        ]

    return {
        "object": "balance",
        "available": shown(available),
        "connect_reserved": [],
        "livemode": False,
        "pending": shown(pending),
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
        "payouts_enabled": True,
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
    span: tuple[int, int] | None = None,
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
    created = _seconds(params, "created")
    rows, more = box.store.tables[kind].page(created, limit, after, before, ids, match, span)
    expand = tuple(path.removeprefix("data.") for path in forms.strings(params, "expand"))
    return {
        "object": "list",
        "data": [box.renderer.render(row, expand) for row in rows],
        "has_more": more,
        "url": url,
    }


def _seconds(params: dict[str, Any], field: str) -> tuple[int, int]:
    """The first and the last second that `created` or the like asks for."""
    given = params.get(field)
    if given is None:
        return FOREVER
    if isinstance(given, str):
        second = forms.integer(params, field)
        return FOREVER if second is None else (second, second)
    given = forms.mapping(params, field) or {}
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
