"""The list of blocks that every page's body is made of."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from storefront.pages.blocks.live import (
    ArticlesBlock,
    CampaignBlock,
    FiguresBlock,
    ShelfBlock,
    VillagesBlock,
)
from storefront.pages.blocks.media import GalleryBlock, PictureBlock, VideoBlock
from storefront.pages.blocks.text import (
    ActionBlock,
    QuestionsBlock,
    QuoteBlock,
    StepsBlock,
    TextBlock,
)

WORDS, MEDIA, LIVE = _("Words"), _("Pictures and video"), _("From the shop, always up to date")


class Body(blocks.StreamBlock):
    """Everything a page may be built of, in any order."""

    text = TextBlock(group=WORDS)
    quote = QuoteBlock(group=WORDS)
    steps = StepsBlock(group=WORDS)
    questions = QuestionsBlock(group=WORDS)
    action = ActionBlock(group=WORDS)
    picture = PictureBlock(group=MEDIA)
    gallery = GalleryBlock(group=MEDIA)
    video = VideoBlock(group=MEDIA)
    shelf = ShelfBlock(group=LIVE)
    villages = VillagesBlock(group=LIVE)
    campaign = CampaignBlock(group=LIVE)
    figures = FiguresBlock(group=LIVE)
    articles = ArticlesBlock(group=LIVE)

    class Meta:
        block_counts = {"campaign": {"max_num": 1}}
