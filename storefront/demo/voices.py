"""What the demo's buyers say, keep and wait for, so that no page of theirs is empty."""

from django.db.models import F

from catalog.models import Produce
from cooperatives.routing.models import Consignment, ConsignmentLine
from storefront.accounts.models import User
from storefront.demo.accounts import BUYER, MODERATOR
from storefront.reviews.models import Review
from storefront.reviews.services import Decision, Draft, decide, write
from storefront.wishes.models import Reminder
from storefront.wishes.services import keep, remind

# (produce, stars, with the masked name, text, the cooperative's reply)
REVIEWS = (
    ("HSF", 5, True, "煮了二十分钟也不断，汤还是清的。五斤装够我们宿舍吃一个月。", ""),
    ("HSF", 4, False, "粉很劲道。袋口有一点松，希望下次封紧些。", "谢谢提醒，封口机已经调过了。"),
    ("HSF", 5, True, "和小时候吃的一个味道，泡软了炒也好吃。", ""),
    ("EHM", 5, True, "熬粥真的有一层米油，食堂的同事都问在哪儿买的。", ""),
    ("EHM", 4, False, "米粒小，但是很香。比超市的贵一点，吃得出差别。", ""),
    ("PG", 5, False, "脆，甜，有两个带冰糖心。箱子里一个都没有碰坏。", ""),
    ("PG", 3, True, "味道好，个头大小不太一样。", "树上长的有大有小，下一批我们按大小分开装。"),
    ("BXG", 5, True, "到的时候皮还是光的，放两天起皱了更甜。", ""),
    ("XG", 4, False, "很新鲜，第三天到的，菇伞没有开。", ""),
    ("XGG", 5, False, "泡发以后香味很足，炖鸡用六七朵就够了。", ""),
    ("ME", 5, True, "泡出来很厚，没有沙子。", ""),
    ("ZJD", 5, True, "一个都没有破，蛋黄颜色很深。", ""),
    ("MLS", 4, False, "面，适合炖。上面的泥没有洗，反而放得住。", ""),
)
FAVOURITES = ("HSF", "PG", "EHM", "ZJD")
REMINDED_OF = "XL"


def review() -> None:
    """Reviews of parcels that arrived, published; one more waits for a moderator."""
    if Review.objects.exists():
        return
    moderator = User._default_manager.get(email=MODERATOR.email)
    lines = _delivered()
    for code, stars, with_name, text, reply in REVIEWS:
        if not lines.get(code):
            continue
        said = _write(lines[code].pop(0), Draft(stars, text, with_name))
        answer = Decision(publish=True, reply=reply, reply_by="cooperative" if reply else "")
        decide(said.pk, answer, seen_at=said.changed_at, actor=moderator)
    left = [line for code in sorted(lines) for line in lines[code]]
    if left:
        _write(left[0], Draft(4, "第二次买了，还是好吃。"))


def _write(line: ConsignmentLine, draft: Draft) -> Review:
    order = line.order_line.order
    return write(order.number, line.order_line_id, draft, order.user)


def _delivered() -> dict[str, list[ConsignmentLine]]:
    """{produce: lines that arrived, one of each order line}."""
    rows = ConsignmentLine.objects.filter(
        consignment__state=Consignment.State.DELIVERED, packs__gt=F("cancelled_packs")
    ).select_related("order_line__order__user", "order_line__product__produce")
    found: dict[str, dict[int, ConsignmentLine]] = {}
    for row in rows.order_by("pk"):
        of_produce = found.setdefault(row.order_line.product.produce.code, {})
        of_produce.setdefault(row.order_line_id, row)
    return {code: list(lines.values()) for code, lines in found.items()}


def wish() -> None:
    """What the demo's buyer keeps, and waits for."""
    buyer = User._default_manager.get(email=BUYER.email)
    if buyer.favourites.exists() or buyer.reminders.exists():
        return
    produce = Produce.objects.in_bulk((*FAVOURITES, REMINDED_OF), field_name="code")
    for code in FAVOURITES:
        if code in produce:
            keep(buyer, produce[code])
    if REMINDED_OF in produce:
        kind = Reminder.Kind.SEASON
        remind(produce[REMINDED_OF], kind, user=buyer, guest=None, language=buyer.language)
