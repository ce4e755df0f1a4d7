"""Small parts of every page."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from storefront.look.icons import ICONS

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon as inline SVG, as tall as the text; `label` if it stands alone, `css` more classes.

    An unknown name raises a KeyError: a page without its icon should not get out of development.
    """
    known = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
        ' focusable="false" {}>{}</svg>',
        f" {css}" if css else "",
        mark_safe(known),  # noqa: S308  escaped above
        mark_safe(ICONS[name]),  # noqa: S308  a file of ours
    )
