"""What the style page shows its components with."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _

from catalog.clock import now
from catalog.models import Produce
from storefront.shop.selectors import cards


class SampleForm(forms.Form):
    """A field of each kind."""

    name = forms.CharField(label=_("Name"))
    province = forms.ChoiceField(label=_("Province"), choices=[("45", "广西"), ("11", "北京")])
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}))
    phone = forms.CharField(label=_("Phone"), help_text=_("For the carrier."), min_length=11)
    agreed = forms.BooleanField(label=_("Remember me"))


def all_parts() -> dict[str, Any]:
    """The context of the style page."""
    at = now()
    shown = cards(list(Produce.objects.order_by("code")[:3]))
    return {
        "cards": shown,
        "card": shown[0] if shown else None,
        "page": Paginator(range(30), 10).page(2),
        "form": SampleForm(),
        "refused": SampleForm({"name": "王老师", "province": "45", "phone": "138"}),
        "colours": COLOURS,
        "kinds": ["info", "success", "warning", "error"],
        "steps": [
            {"name": _("Paid"), "at": at - timedelta(days=2), "done": True},
            {"name": _("Packed"), "at": at - timedelta(days=1), "done": True},
            {"name": _("Shipped"), "at": None, "done": False},
            {"name": _("Delivered"), "at": None, "done": False},
        ],
        "crumbs": [(_("Home"), "/"), (_("All produce"), "/produce/"), ("百香果", "")],
        "tabs": [("?tab=a", _("Goods"), 12, True), ("?tab=b", _("Villages"), 3, False)],
    }


# Name and what it is for; where two stand, the second is the writing on the first.
COLOURS = [
    ("paper", "ink"),
    ("sheet", "ink"),
    ("linen", "ink"),
    ("sheet", "soft"),
    ("paper", "soft"),
    ("linen", "soft"),
    ("sheet", "pine"),
    ("sheet", "persimmon"),
    ("sheet", "alarm"),
    ("moss", "pine"),
    ("moss", "ink"),
    ("honey", "honey-ink"),
    ("blush", "alarm"),
    ("pine", "on-pine"),
    ("persimmon", "on-persimmon"),
    ("alarm", "on-alarm"),
    ("action", "on-action"),
    ("leaf", "on-leaf"),
    ("night", "on-night"),
]
