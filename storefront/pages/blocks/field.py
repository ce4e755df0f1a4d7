"""The field of a page's body."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField

from storefront.pages.blocks.stream import Body


class BodyField(StreamField):
    """A StreamField of our blocks that migrations know by its name alone.

    Its column is JSON whatever the blocks are: a new or changed block is no change of the tables.
    A change of what old pages hold needs a data migration either way.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("verbose_name", _("content"))
        super().__init__(Body(), **kwargs)

    def deconstruct(self) -> tuple[str, str, list, dict]:
        """Without the blocks."""
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [], kwargs
