"""`/dashboard`: the latest payments, disputes and payouts, with buttons for what may follow."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from html import escape
from typing import Any

from .balance import sums
from .box import Box
from .intents import money
from .records import LOST, NEEDS_RESPONSE, PROCESSING, SUCCEEDED, UNDER_REVIEW, WON, Intent

SHOWN = 20  # rows of each table
CHINA = datetime.timezone(datetime.timedelta(hours=8))
ABOUT = "Test money only: what the buyer's bank and Stripe would do, at the press of a button."
ZH = {
    "Stripe sandbox": "Stripe 沙箱",
    ABOUT: "仅为测试资金：在此代买家的银行和 Stripe 操作。",
    "Payments": "付款",
    "Disputes": "争议",
    "Payouts": "提现",
    "Available": "可用余额",
    "Pending": "在途余额",
    "Time": "时间",
    "Number": "编号",
    "Amount": "金额",
    "Status": "状态",
    "Refunded": "已退款",
    "Next": "操作",
    "Refund": "退款",
    "Dispute": "发起争议",
    "Succeed": "支付成功",
    "Fail": "失败",
    "Won": "判商家胜",
    "Lost": "判商家败",
    "Pay out": "提现全部余额",
    "Pay out, to fail": "提现并失败",
    "None yet.": "暂无。",
}
PAGE = """<!doctype html>
<html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 16px; max-width: 1040px;
  color: #1f2933; background: #fff }}
h1 {{ font-size: 20px }} h2 {{ font-size: 17px; margin-top: 28px }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: 6px 8px; border-bottom: 1px solid #d5dbe1;
  white-space: nowrap }}
form {{ display: inline-block; margin: 2px 0 }}
button {{ min-height: 36px; padding: 0 12px; border-radius: 8px; border: 1px solid #7b8794;
  background: #fff; font: inherit; cursor: pointer }}
.fault {{ color: #a61b1b }}
</style>
<h1>{title}</h1>
{body}
"""
Button = tuple[str, str, dict[str, str]]  # label, path below /dashboard/, form fields


def dashboard_page(box: Box, languages: str, fault: str | None = None) -> str:
    """HTML, Chinese or English by the browser's `languages`; `fault`: what was refused just now."""
    lang = "zh" if languages.lower().startswith("zh") else "en"

    def say(text: str) -> str:
        return escape(ZH.get(text, text) if lang == "zh" else text)

    available, pending = sums(box.store)
    parts = [f"<p>{say(ABOUT)}</p>"]
    if fault is not None:
        parts.append(f'<p class="fault" role="alert">{escape(fault)}</p>')
    for name, part in (("Available", available), ("Pending", pending)):
        shown = ", ".join(_signed(amount, currency) for currency, amount in sorted(part.items()))
        parts.append(f"<p>{say(name)}: {escape(shown) or '0'}</p>")
    head = ("Amount", "Status", "Next", "Time", "Number")

    def table(rows: Iterable[tuple[Any, str, list[Button]]]) -> None:
        cells = []
        for row, status, buttons in rows:
            forms = " ".join(_form(say(label), path, given) for label, path, given in buttons)
            columns = (
                escape(money(row.amount, row.currency)),
                escape(status),
                forms,
                _time(row.created),
                escape(row.id),
            )
            cells.append("<tr>" + "".join(f"<td>{column}</td>" for column in columns) + "</tr>")
        if not cells:
            parts.append(f"<p>{say('None yet.')}</p>")
            return
        names = "".join(f"<th>{say(name)}</th>" for name in head)
        parts.append(f'<div class="wide"><table><tr>{names}</tr>{"".join(cells)}</table></div>')

    parts.append(f"<h2>{say('Payments')}</h2>")
    table(_payment(box, row, say) for row in _latest(box, "payment_intent"))
    parts.append(f"<h2>{say('Disputes')}</h2>")
    table((row, row.status, _verdicts(row)) for row in _latest(box, "dispute"))
    parts.append(f"<h2>{say('Payouts')}</h2>")
    parts.append(_form(say("Pay out"), "payouts", {}))
    parts.append(_form(say("Pay out, to fail"), "payouts", {"fail": "true"}))
    table((row, row.status, _returns(row)) for row in _latest(box, "payout"))
    return PAGE.format(lang=lang, title=say("Stripe sandbox"), body="\n".join(parts))


def _latest(box: Box, kind: str) -> list[Any]:
    table = box.store.tables[kind]
    return [table.rows[name] for name in table.ids[: -SHOWN - 1 : -1]]


def _payment(box: Box, row: Intent, say: Any) -> tuple[Intent, str, list[Button]]:
    if row.status == PROCESSING:
        path = f"intents/{row.id}/settle"
        ends = [("Succeed", path, {"status": "succeeded"}), ("Fail", path, {"status": "failed"})]
        return row, row.status, ends
    if row.status != SUCCEEDED or row.latest_charge is None:
        return row, row.status, []
    charge = box.store.charges.rows[row.latest_charge]
    status, buttons = row.status, []
    if charge.refunded:
        status += f", {say('Refunded')} {money(charge.refunded, charge.currency)}"
    if charge.dispute is None:
        buttons.append(("Dispute", "disputes", {"charge": charge.id}))
        if charge.refunded < charge.amount:
            buttons.insert(0, ("Refund", "refunds", {"charge": charge.id}))
    return row, status, buttons


def _verdicts(row: Any) -> list[Button]:
    if row.status not in (NEEDS_RESPONSE, UNDER_REVIEW):
        return []
    path = f"disputes/{row.id}/close"
    return [("Won", path, {"status": WON}), ("Lost", path, {"status": LOST})]


def _returns(row: Any) -> list[Button]:
    return [("Fail", f"payouts/{row.id}/fail", {})] if row.status == "paid" else []


def _form(label: str, path: str, given: dict[str, str]) -> str:
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in given.items()
    )
    action = f"/dashboard/{escape(path)}"
    return f'<form method="post" action="{action}">{fields}<button>{label}</button></form>'


def _signed(amount: int, currency: str) -> str:
    return ("−" if amount < 0 else "") + money(abs(amount), currency)


def _time(second: int) -> str:
    moment = datetime.datetime.fromtimestamp(second, CHINA)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
