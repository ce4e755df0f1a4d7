"""Blocks that draw on the shop as it is now: produce, villages, campaign, figures, articles."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.snippets.blocks import SnippetChooserBlock

from storefront.pages.blocks.base import BilingualBlock, heading
from storefront.pages.choices import campaign_choices, partner_choices

SHELF_MOST = 24


class ShelfBlock(BilingualBlock):
    """A shelf of produce: chosen one by one, or by a rule that keeps itself up to date."""

    class Meta:
        icon = "list-ul"
        label = _("Product shelf")
        template = "pages/blocks/shelf.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        rules = [
            ("season", _("what is in season now")),
            ("chosen", _("chosen below, in that order")),
            ("village", _("all of a village")),
            ("campaign", _("all of a campaign")),
        ]
        own = [
            *heading(),
            ("rule", blocks.ChoiceBlock(choices=rules, default="season", label=_("shows"))),
            (
                "produce",
                blocks.ListBlock(
                    SnippetChooserBlock("catalogue.Produce", label=_("produce")),
                    default=[],
                    max_num=SHELF_MOST,
                    label=_("chosen produce"),
                ),
            ),
            (
                "village",
                blocks.ChoiceBlock(choices=partner_choices, required=False, label=_("village")),
            ),
            (
                "campaign",
                blocks.ChoiceBlock(choices=campaign_choices, required=False, label=_("campaign")),
            ),
            (
                "limit",
                blocks.IntegerBlock(
                    default=8, min_value=1, max_value=SHELF_MOST, label=_("at most")
                ),
            ),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)

    def clean(self, value: Any) -> Any:
        """As the parts demand, and what the rule needs is there."""
        cleaned = super().clean(value)
        needed = {"chosen": "produce", "village": "village", "campaign": "campaign"}
        field = needed.get(cleaned["rule"])
        if field and not cleaned[field]:
            wrong = ValidationError(_("This rule needs it."))
            raise StructBlockValidationError(block_errors={field: wrong})
        return cleaned

    def get_context(self, value: Any, parent_context: Any = None) -> dict:
        """With the cards: four queries, however many there are."""
        from storefront.pages.selectors import shelf_cards

        context = super().get_context(value, parent_context=parent_context)
        return context | {"cards": shelf_cards(value)}


class VillagesBlock(BilingualBlock):
    """Cards of the villages' pages."""

    class Meta:
        icon = "site"
        label = _("Villages")
        template = "pages/blocks/villages.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *heading(),
            (
                "limit",
                blocks.IntegerBlock(default=8, min_value=1, max_value=60, label=_("at most")),
            ),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)

    def get_context(self, value: Any, parent_context: Any = None) -> dict:
        from storefront.pages.selectors import village_cards

        context = super().get_context(value, parent_context=parent_context)
        return context | {"villages": village_cards(value["limit"] or 8)}


class CampaignBlock(BilingualBlock):
    """The campaign that runs now, else the next one; nothing when there is neither."""

    class Meta:
        icon = "date"
        label = _("Running or next campaign")
        template = "pages/blocks/campaign.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        super().__init__(heading() + list(local_blocks or ()), **kwargs)

    def get_context(self, value: Any, parent_context: Any = None) -> dict:
        from livestream.sessions.selectors import public_sessions
        from storefront.pages.selectors import campaign_now

        context = super().get_context(value, parent_context=parent_context)
        shown = campaign_now()
        # The next livestreams alone: of the others the campaign's own page tells.
        sessions = public_sessions(shown.campaign, replays=0)[:2] if shown else []
        return context | {"campaign": shown, "sessions": sessions}


class FiguresBlock(BilingualBlock):
    """Figures from the ledger, as they are now."""

    class Meta:
        icon = "order"
        label = _("Figures (live)")
        template = "pages/blocks/figures.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        which = [
            ("net", _("net of refunds")),
            ("credited", _("credited to households")),
            ("paid_out", _("paid out")),
            ("orders", _("orders")),
            ("households", _("households")),
            ("villages", _("villages")),
        ]
        own = [
            *heading(),
            (
                "which",
                blocks.MultipleChoiceBlock(
                    choices=which,
                    default=["net", "credited", "households", "villages"],
                    label=_("figures"),
                ),
            ),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)

    def get_context(self, value: Any, parent_context: Any = None) -> dict:
        from storefront.pages.selectors import figures

        context = super().get_context(value, parent_context=parent_context)
        return context | {"figures": figures(value["which"])}


class ArticlesBlock(BilingualBlock):
    """The newest articles and stories."""

    class Meta:
        icon = "doc-full"
        label = _("Newest articles")
        template = "pages/blocks/articles.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *heading(),
            (
                "limit",
                blocks.IntegerBlock(default=3, min_value=1, max_value=12, label=_("at most")),
            ),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)

    def get_context(self, value: Any, parent_context: Any = None) -> dict:
        from storefront.pages.selectors import newest_writings

        context = super().get_context(value, parent_context=parent_context)
        return context | {"writings": newest_writings(value["limit"] or 3)}
