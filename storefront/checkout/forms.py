"""Who buys, and where the parcels go."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import in_language
from cooperatives.routing.provinces import PROVINCES
from storefront.accounts.phones import validate_phone


def _provinces() -> list[tuple[str, Any]]:
    names = [(zh, in_language(zh, f"{en} {zh}")) for zh, en in PROVINCES.items()]
    return [("", _("Choose a province")), *names]


class DeliveryForm(forms.Form):
    """Contact and address. A guest's e-mail is needed: the confirmation goes there."""

    name = forms.CharField(label=_("Recipient"), max_length=60)
    phone = forms.CharField(label=_("Phone"), max_length=32)
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The confirmation and the news of your parcels go there."),
    )
    province = forms.ChoiceField(label=_("Province"), choices=_provinces)
    city = forms.CharField(label=_("City"), max_length=60)
    district = forms.CharField(label=_("District or county"), max_length=60)
    street = forms.CharField(label=_("Street, building, room"), max_length=200)

    AUTOCOMPLETE = {
        "name": "name",
        "phone": "tel",
        "email": "email",
        "province": "address-level1",
        "city": "address-level2",
        "district": "address-level3",
        "street": "street-address",
    }

    def __init__(self, *args: Any, guest: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = guest
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = self.AUTOCOMPLETE[name]
            field.error_messages["required"] = _("Please fill this in.")
        self.fields["phone"].widget.input_type = "tel"

    def clean_phone(self) -> str:
        """The number in its plain form, so that an order is found by it."""
        return validate_phone(self.cleaned_data["phone"])
