"""What the blocks share: each text stands twice, in Chinese and in English, side by side."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from catalog.models import in_language

# What a rich text may hold. No pictures or embeds inside: those are blocks of their own.
FEATURES = ["h2", "h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "hr"]


class BilingualValue(blocks.StructValue):
    """A block's value: `value.heading` is `heading_zh` or `heading_en`, by the page's language."""

    def said(self, name: str) -> Any:
        """The text in the page's language, falling back to the one that exists."""
        return in_language(self.get(f"{name}_zh") or "", self.get(f"{name}_en") or "")

    @property
    def heading(self) -> str:
        return self.said("heading")

    @property
    def text(self) -> Any:
        return self.said("text")

    @property
    def caption(self) -> str:
        return self.said("caption")

    @property
    def description(self) -> str:
        return self.said("description")

    @property
    def source(self) -> str:
        return self.said("source")

    @property
    def label(self) -> str:
        return self.said("label")


class BilingualBlock(blocks.StructBlock):
    """A block whose texts come in pairs."""

    class Meta:
        value_class = BilingualValue


def pair(
    name: str, label_zh: Any, label_en: Any, *, required: bool = False, long: bool = False
) -> list[tuple[str, blocks.Block]]:
    """A text in Chinese and in English, as two fields of a block. English may always be empty."""
    kind = blocks.TextBlock if long else blocks.CharBlock
    more: dict[str, Any] = {"rows": 3} if long else {"max_length": 255}
    return [
        (f"{name}_zh", kind(label=label_zh, required=required, **more)),
        (f"{name}_en", kind(label=label_en, required=False, **more)),
    ]


def heading(*, required: bool = False) -> list[tuple[str, blocks.Block]]:
    """The heading of a block, twice."""
    return pair("heading", _("heading in Chinese"), _("heading in English"), required=required)
