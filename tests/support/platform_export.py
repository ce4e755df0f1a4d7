"""Another platform's export of orders, for tests: Douyin's."""

from pathlib import Path
from typing import Any

from catalog.clock import now
from livestream.platforms.models import PlatformImport, PlatformShop
from livestream.platforms.rows import Refused
from livestream.platforms.selectors import Figures
from livestream.platforms.services import Imported

FOLDER = Path(__file__).parents[1] / "data" / "platform_exports"
# A whole evening, and what it must come to.
EVENING = FOLDER / "douyin_2026-07-01.csv"
EXPECTED = FOLDER / f"{EVENING.name}.expected.json"
VILLAGES = Path(__file__).parents[2] / "deploy" / "demo" / "villages"
HEAD = (
    "主订单编号,子订单编号,选购商品,商家编码,商品数量,订单应付金额,订单提交时间,支付完成时间,"
    "订单状态,售后状态,发货时间,快递信息,流量体裁,达人ID\n"
)


def row(
    number: int,
    sku: str = "PACK",
    packs: int = 1,
    yuan: str = "30.00",
    paid: str = "2026-11-20 20:10:00",
    state: str = "待发货",
    after: str = "-",
    sent: str = "-",
    source: str = "直播",
) -> str:
    """A sub-order of PACK, as Douyin writes it."""
    order = f"\t69200000000000{number:04}"
    return (
        f"{order},{order}1,果,{sku},{packs},{yuan},2026-11-20 20:09:00,{paid},{state},{after},"
        f"{sent},-,{source},\t71\n"
    )


def write_export(folder: Path, code: str, *rows: str) -> Path:
    """A file of rows, whose PACK has this merchant code."""
    path = folder / "export.csv"
    text = "".join(rows).replace(",PACK,", f",{code},")
    path.write_text(HEAD + text, encoding="utf-8-sig")
    return path


def make_import(actor: Any) -> PlatformImport:
    """A file that staff gave and has been imported, with a row that was refused."""
    shop = PlatformShop.objects.get_or_create(platform="douyin", name="山里的店")[0]
    figures = Figures(rows=3, paid=2, gross_fen=6000, units=2, grams=5000)
    figures.refuse(Refused(4, "没有商品用这个商家编码。"))
    done = Imported(figures, imported=2, unattributed=2)
    return PlatformImport.objects.create(
        shop=shop,
        file_name="导出.csv",
        state=PlatformImport.State.DONE,
        result=done.as_json(),
        rows_done=3,
        actor=actor,
        created_at=now(),
        ended_at=now(),
    )


def settlement_row(
    number: int,
    yuan: str,
    returned: str = "0.00",
    at: str = "2026-11-26 00:00:00",
    kind: str = "已结算",
) -> str:
    """What Douyin paid for the sub-order that `row` writes, as its settlement says it."""
    order = f"\t69200000000000{number:04}"
    return f"{at},{order},{order}1,{yuan},{kind},{returned},1.80\n"


def write_settlement(folder: Path, *rows: str) -> Path:
    """A settlement export of rows."""
    path = folder / "settlement.csv"
    head = "结算时间,订单号,子订单号,结算金额,结算单类型,结算前退款金额,平台服务费\n"
    path.write_text(head + "".join(rows), encoding="utf-8-sig")
    return path
