"""The demo's offers: an automatic one, two vouchers, and a gift voucher of known code."""

from datetime import timedelta

from catalog.clock import now
from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign
from storefront.discounts import gifts
from storefront.discounts.models import Gift, Terms
from storefront.discounts.services import OfferWish, save_offer

# (code, what it is), as the demo announces them.
CODES = (
    ("HELLO15", "15 yuan off from 60, once for each buyer; the programme pays"),
    ("VILLAGE10", "10 % off what one village packs; its cooperative pays"),
    ("GIFT-DEMO-2345-6789", "a gift voucher of 200 yuan"),
)
GIFT_FEN = 20_000
BEFORE, AFTER = timedelta(days=1), timedelta(days=120)


def make_discounts(campaign: Campaign) -> None:
    """Make what is missing of them; what is there stays as it is."""
    starts_at, ends_at = now() - BEFORE, now() + AFTER
    programme = Terms.Funder.PROGRAMME
    village = Partner.objects.order_by("pk").first()
    wishes = [
        OfferWish(
            name_zh="满二百减二十",
            name_en="Twenty off two hundred",
            funder=programme,
            amount_fen=2000,
            least_fen=20_000,
            stacks=True,
            budget_fen=500_000,
            starts_at=starts_at,
            ends_at=ends_at,
        ),
        OfferWish(
            name_zh="开学见面礼",
            name_en="Welcome gift",
            code=CODES[0][0],
            funder=programme,
            amount_fen=1500,
            least_fen=6000,
            uses_limit=500,
            per_buyer=1,
            campaign_id=campaign.pk,
            starts_at=starts_at,
            ends_at=ends_at,
        ),
    ]
    if village is not None:
        wishes.append(
            OfferWish(
                name_zh=f"{village.village}九折",
                name_en="A tenth off one village",
                code=CODES[1][0],
                funder=Terms.Funder.COOPERATIVE,
                partner_id=village.pk,
                bps=1000,
                stacks=True,
                starts_at=starts_at,
                ends_at=ends_at,
            )
        )
    names = set(Terms.objects.values_list("offer__name", flat=True))
    codes = set(Terms.objects.values_list("offer__vouchers__code", flat=True)) - {None}
    for wish in wishes:
        # Staff may have given it another name meanwhile.
        if wish.name_zh not in names and wish.code not in codes:
            save_offer(wish)
    code = CODES[2][0]
    if not Gift.objects.filter(digest=gifts.digest_of(code)).exists():
        gifts.issue(
            gifts.NewGift(GIFT_FEN, now() + AFTER, Gift.Funder.PROGRAMME, note="demo"), code=code
        )
