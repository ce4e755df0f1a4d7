"""Other words in Wagtail's admin, and documents that follow what staff change there."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from storefront.search.models import Synonym
from storefront.search.services import reindex_later


class SynonymViewSet(SnippetViewSet):
    """What buyers type, and what our names say."""

    model = Synonym
    icon = "search"
    menu_label = _("Other words")
    menu_name = "other-words"
    add_to_admin_menu = True
    menu_order = 235
    list_display = ["typed", "meant"]
    search_fields = ["typed", "meant"]
    panels = [FieldPanel("typed"), FieldPanel("meant")]


register_snippet(SynonymViewSet)


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def follow(request: HttpRequest, changed: Model) -> None:
    reindex_later([changed])


@hooks.register("after_delete_snippet")
def follow_many(request: HttpRequest, changed: Iterable[Model]) -> None:
    reindex_later(changed)


@hooks.register("after_bulk_action")
def follow_bulk(
    request: HttpRequest, action_type: str, changed: Iterable[Any], action: Any
) -> None:
    reindex_later(changed)
