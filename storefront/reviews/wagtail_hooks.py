"""Puts the moderation of reviews into Wagtail's admin."""

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from catalog.staff import PermittedItem
from storefront.reviews import staff_views


@hooks.register("register_admin_urls")
def review_urls() -> list:
    return [path("reviews/", include("storefront.reviews.staff_urls"))]


@hooks.register("register_admin_menu_item")
def reviews_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE,
        _("Reviews"),
        reverse_lazy("staff-reviews:list"),
        name="reviews",
        icon_name="pick",
        order=207,
    )


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    return Permission.objects.filter(
        content_type__app_label="shop_reviews", codename__in=["view_review", "change_review"]
    )
