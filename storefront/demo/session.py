"""The demo's live session: scheduled in two channels, three packs on its shelf, cue cards."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from django.contrib.auth import get_user_model

from catalog.clock import SHANGHAI, today
from catalog.models import Product
from catalog.numbers import to_fen, to_yuan
from cooperatives.partner.models import StockRecord
from livestream.campaigns.models import Campaign
from livestream.sessions.models import LiveSession, SessionChannel, SessionEvent, State
from livestream.sessions.services import (
    CardText,
    ChannelPlan,
    SessionPlan,
    add_item,
    move,
    save_card,
    save_channel,
    save_session,
)
from storefront.demo.accounts import ADMINISTRATOR

DAYS_AHEAD = 3
BEGINS, LASTS = time(19, 30), timedelta(hours=2)
Platform = SessionChannel.Platform
# (SKU, packs per buyer at most, what the host says; the village is the cooperative's)
SHELF = (
    (
        "EHM-1",
        4,
        CardText(
            points_zh="稻桩上再长出来的第二季米，生长期长\n米粒细长，淘一两遍、泡二十分钟再煮\n"
            "5斤一袋，一家人吃两周",
            points_en="The second growth from the stubble, slow grown\n"
            "Slender grains: rinse, soak for twenty minutes, then cook\n"
            "Five jin a bag, two weeks for a family",
            proofs_zh="给看米袋上的合作社名称和净含量\n对着镜头量一勺生米，再看煮好的饭",
            proofs_en="Show the cooperative's name and the net weight on the bag\n"
            "Measure a spoonful before the camera, then show the cooked rice",
            quota_zh="今晚先上 60 袋，每人不超过 4 袋",
            quota_en="60 bags tonight, no more than 4 each",
        ),
    ),
    (
        "HSF-2",
        3,
        CardText(
            points_zh="红薯磨浆取粉、晾晒成条\n凉水泡半小时，煮到透明没有硬芯\n可做酸辣粉、火锅、炒粉",
            points_en="Sweet potatoes ground, settled and dried into noodles\n"
            "Soak for half an hour, cook until clear\nFor soups, hot pot and stir-fries",
            proofs_zh="现场泡粉、煮粉，拉一拉看韧劲\n配料表念给观众听",
            proofs_en="Soak and cook some before the camera and pull a noodle\n"
            "Read the list of ingredients aloud",
            quota_zh="今晚先上 40 袋，每人不超过 3 袋",
            quota_en="40 bags tonight, no more than 3 each",
        ),
    ),
    (
        "BXG-1",
        None,
        CardText(
            points_zh="果汁饱满，香味浓\n皮皱了更甜，室温放几天再吃\n下单后再摘，合作社装箱发出",
            points_en="Full of juice and strongly scented\n"
            "Sweeter once the skin wrinkles: keep a few days at room temperature\n"
            "Picked after you order, packed by the cooperative",
            proofs_zh="切开一个给看果肉，称一箱给看净重",
            proofs_en="Cut one open, and weigh a box before the camera",
            quota_zh="今晚先上 50 箱",
            quota_en="50 boxes tonight",
        ),
    ),
)


def _agree(pack: Product) -> None:
    """The cooperatives agree to a fifth less, so that a desk can try flash prices."""
    for record in StockRecord.objects.filter(product=pack, agreed_price=None):
        record.agreed_price = to_yuan(to_fen(record.price) * 8 // 10)
        record.save(update_fields=["agreed_price"])


def make_session(campaign: Campaign) -> None:
    """Make the session if the campaign has none; what is there stays as it is."""
    if LiveSession.objects.filter(campaign=campaign).exists():
        return
    starts_at = datetime.combine(today() + timedelta(days=DAYS_AHEAD), BEGINS, SHANGHAI)
    ends_at = starts_at + LASTS
    session = save_session(
        SessionPlan(campaign.pk, "秋收专场：新米和新粉", "New rice and noodles", starts_at, ends_at)
    )
    save_channel(session.pk, ChannelPlan(Platform.OWN, "", "直播间", "", starts_at, ends_at))
    save_channel(
        session.pk, ChannelPlan(Platform.DOUYIN, "校园助农", "880088", "", starts_at, ends_at)
    )
    for sku, per_buyer, text in SHELF:
        pack = Product.objects.filter(stockrecords__partner_sku=sku).distinct().get()
        item = add_item(session.pk, pack.pk, per_buyer)
        _agree(pack)
        villages = {"village_zh": item.card.village_zh, "village_en": item.card.village_en}
        save_card(session.pk, item.pk, replace(text, **villages))
    staff = get_user_model()._default_manager.get(email=ADMINISTRATOR.email)
    move(session, State.SCHEDULED, staff, SessionEvent.Cause.DESK)
