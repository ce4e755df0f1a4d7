"""The app of pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "storefront.pages"
    label = "pages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Menus are read anew after every change of the page tree."""
        from django.db.models.signals import post_delete
        from wagtail.models import Page
        from wagtail.signals import (
            page_published,
            page_slug_changed,
            page_unpublished,
            post_page_move,
        )

        from storefront.pages.menus import forget

        for signal in (page_published, page_unpublished, page_slug_changed, post_page_move):
            signal.connect(forget, dispatch_uid="pages.menus")
        post_delete.connect(forget, sender=Page, dispatch_uid="pages.menus")
