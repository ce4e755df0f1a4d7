"""Blocks to look at: picture, gallery, video."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

from storefront.pages.blocks.base import BilingualBlock, BilingualValue, heading, pair

BILIBILI = re.compile(r"\b(BV[0-9A-Za-z]{10})\b")
TENCENT = re.compile(r"(?:vid=|/page/|/cover/[0-9a-z]+/|^)([a-z][0-9a-z]{10})(?:\.html|&|#|\?|$)")
OWN = ("mp4", "webm")


class PictureBlock(BilingualBlock):
    """One picture, what it shows, and words below it."""

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "pages/blocks/picture.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            ("image", ImageChooserBlock(label=_("picture"))),
            *pair(
                "description",
                _("what it shows, in Chinese"),
                _("what it shows, in English"),
            ),
            *pair("caption", _("words below it, in Chinese"), _("words below it, in English")),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)


class GalleryBlock(BilingualBlock):
    """Several pictures side by side."""

    class Meta:
        icon = "table"
        label = _("Gallery")
        template = "pages/blocks/gallery.html"

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        own = [
            *heading(),
            (
                "pictures",
                blocks.ListBlock(PictureBlock(), min_num=2, max_num=24, label=_("Pictures")),
            ),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)

    def get_context(self, value: Any, parent_context: Any = None) -> dict:
        """With the renditions of all its pictures, fetched at once."""
        images = [each["image"] for each in value["pictures"] if each["image"]]
        if images:
            # Under this very name an image looks for renditions before it asks one by one.
            prefetch_related_objects(images, "renditions")
        return super().get_context(value, parent_context=parent_context)


class VideoValue(BilingualValue):
    """A video's value: what its facade leads to."""

    @property
    def embed(self) -> str:
        """The player's address for a video elsewhere; only of the two players that we know."""
        kind, key = self.get("kind"), self.get("address") or ""
        if kind == "bilibili" and (found := BILIBILI.search(key)):
            return f"https://player.bilibili.com/player.html?bvid={found[1]}&autoplay=1&poster=1"
        if kind == "tencent" and (found := TENCENT.search(key)):
            return f"https://v.qq.com/txp/iframe/player.html?vid={found[1]}&autoplay=true"
        return ""

    @property
    def page(self) -> str:
        """The video's own page elsewhere, for who has no JavaScript."""
        kind, key = self.get("kind"), self.get("address") or ""
        if kind == "bilibili" and (found := BILIBILI.search(key)):
            return f"https://www.bilibili.com/video/{found[1]}/"
        if kind == "tencent" and (found := TENCENT.search(key)):
            return f"https://v.qq.com/x/page/{found[1]}.html"
        return ""

    @property
    def file(self) -> str:
        """The address of an uploaded video; empty when it is gone or is no video."""
        document = self.get("document")
        if self.get("kind") != "own" or document is None or document.file_extension not in OWN:
            return ""
        return document.file.url


class VideoBlock(BilingualBlock):
    """A video: our own file, or one at Bilibili or Tencent that loads when it is clicked."""

    class Meta:
        icon = "media"
        label = _("Video")
        template = "pages/blocks/video.html"
        value_class = VideoValue

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        kinds = [
            ("own", _("uploaded here")),
            ("bilibili", _("Bilibili")),
            ("tencent", _("Tencent")),
        ]
        own = [
            *heading(required=True),
            ("kind", blocks.ChoiceBlock(choices=kinds, default="bilibili", label=_("where"))),
            (
                "address",
                blocks.CharBlock(
                    required=False,
                    max_length=500,
                    label=_("address or number at Bilibili or Tencent"),
                    help_text=_("https://www.bilibili.com/video/BV… or https://v.qq.com/x/page/…"),
                ),
            ),
            (
                "document",
                DocumentChooserBlock(required=False, label=_("uploaded video (MP4 or WebM)")),
            ),
            ("image", ImageChooserBlock(required=False, label=_("picture before it plays"))),
        ]
        super().__init__(own + list(local_blocks or ()), **kwargs)

    def clean(self, value: Any) -> Any:
        """As the parts demand, and what belongs to the chosen kind is there and right."""
        cleaned = super().clean(value)
        field, wrong = "address", None
        if cleaned["kind"] == "own":
            field = "document"
            if not cleaned.file:
                wrong = _("Choose an MP4 or WebM file.")
        elif not cleaned.embed:
            wrong = _("No video's number is in this address.")
        if wrong:
            raise StructBlockValidationError(block_errors={field: ValidationError(wrong)})
        return cleaned
