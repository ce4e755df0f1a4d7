"""What the shop adds to Wagtail's admin."""

from wagtail.snippets.models import register_snippet

from storefront.shop.admin import GoodsGroup

register_snippet(GoodsGroup)
