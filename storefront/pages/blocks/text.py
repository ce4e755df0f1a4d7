"""Blocks of words: text, quote, steps, questions, call to action."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from storefront.pages.blocks.base import (
    FEATURES,
    BilingualBlock,
    BilingualValue,
    heading,
    pair,
)


class TextBlock(BilingualBlock):
    """Paragraphs, lists and small headings."""

    text_zh = blocks.RichTextBlock(label=_("text in Chinese"), features=FEATURES)
    text_en = blocks.RichTextBlock(label=_("text in English"), features=FEATURES, required=False)

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "pages/blocks/text.html"


class QuoteBlock(BilingualBlock):
    """Somebody's words, and whose they are."""

    class Meta:
        icon = "openquote"
        label = _("Quote")
        template = "pages/blocks/quote.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *pair("text", _("words in Chinese"), _("words in English"), required=True, long=True),
            *pair("source", _("who says so, in Chinese"), _("who says so, in English")),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)


class StepBlock(BilingualBlock):
    """One step: a heading and a sentence or two."""

    class Meta:
        icon = "arrow-right"
        label = _("Step")

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *heading(required=True),
            *pair("text", _("text in Chinese"), _("text in English"), long=True),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)


class StepsBlock(BilingualBlock):
    """Numbered steps, side by side where there is room."""

    class Meta:
        icon = "list-ol"
        label = _("Steps")
        template = "pages/blocks/steps.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *heading(),
            ("steps", blocks.ListBlock(StepBlock(), min_num=1, max_num=8, label=_("Steps"))),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)


class QuestionBlock(BilingualBlock):
    """A question and its answer."""

    class Meta:
        icon = "help"
        label = _("Question")

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *pair("heading", _("question in Chinese"), _("question in English"), required=True),
            ("text_zh", blocks.RichTextBlock(label=_("answer in Chinese"), features=FEATURES)),
            (
                "text_en",
                blocks.RichTextBlock(
                    label=_("answer in English"), features=FEATURES, required=False
                ),
            ),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)


class QuestionsBlock(BilingualBlock):
    """Questions that open to their answers."""

    class Meta:
        icon = "help"
        label = _("Questions and answers")
        template = "pages/blocks/questions.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *heading(),
            ("questions", blocks.ListBlock(QuestionBlock(), min_num=1, label=_("Questions"))),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)


def check_address(address: str) -> None:
    """An address of this site (/…) or one with https. Raises ValidationError."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    if not (inside or address.startswith("https://")):
        raise ValidationError(_("Begin with / for a page of this site, or with https://."))


class ActionValue(BilingualValue):
    """A call to action's value."""

    @property
    def url(self) -> str:
        """Where the button leads; the produce list when nothing is chosen or the page is gone."""
        page = self.get("page")
        if page is not None and page.live:
            return page.url or "/produce/"
        return self.get("address") or "/produce/"


class ActionBlock(BilingualBlock):
    """A button that leads on, with a sentence before it."""

    class Meta:
        icon = "link"
        label = _("Call to action")
        template = "pages/blocks/action.html"
        value_class = ActionValue

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *heading(),
            *pair("text", _("text in Chinese"), _("text in English"), long=True),
            *pair("label", _("button in Chinese"), _("button in English"), required=True),
            ("page", blocks.PageChooserBlock(required=False, label=_("leads to page"))),
            (
                "address",
                blocks.CharBlock(
                    required=False,
                    max_length=500,
                    label=_("or to this address"),
                    help_text=_("/produce/ or https://… Empty, without a page: all produce."),
                ),
            ),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)

    def clean(self, value: Any) -> Any:
        """As the parts demand, and an address that leads nowhere dangerous."""
        cleaned = super().clean(value)
        if cleaned.get("address"):
            try:
                check_address(cleaned["address"])
            except ValidationError as wrong:
                raise StructBlockValidationError(block_errors={"address": wrong}) from None
        return cleaned
