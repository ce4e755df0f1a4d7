"""What in a template is its visitor's own."""

from typing import Any

from django import template
from django.template import Context

from storefront.speed.body import mark
from storefront.speed.recording import is_recording

register = template.Library()
PARTS = {"basket": "components/basket_count.html", "account": "components/account_tools.html"}


@register.simple_tag(takes_context=True)
def personal(context: Context, name: str) -> Any:
    """The part of PARTS for this visitor; in a page that may be kept, a mark for it."""
    if is_recording():
        return mark(name)
    assert context.template is not None
    return context.template.engine.get_template(PARTS[name]).render(context)
