"""Who buys, and where the parcels go."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from storefront.accounts.address_forms import DivisionFields
from storefront.accounts.phones import validate_phone


class DeliveryForm(DivisionFields):
    """Contact and address. A guest's e-mail is needed: the confirmation goes there."""

    name = forms.CharField(label=_("Recipient"), max_length=60)
    phone = forms.CharField(label=_("Phone"), max_length=32)
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The confirmation and the news of your parcels go there."),
    )
    street = forms.CharField(label=_("Street, building, room"), max_length=200)

    AUTOCOMPLETE = {
        **DivisionFields.AUTOCOMPLETE,
        "name": "name",
        "phone": "tel",
        "email": "email",
        "street": "street-address",
    }

    def __init__(self, *args: Any, guest: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = guest
        for field in self.fields.values():
            field.error_messages["required"] = _("Please fill this in.")
        self.fields["phone"].widget.input_type = "tel"

    def clean_phone(self) -> str:
        """The number in its plain form, so that an order is found by it."""
        return validate_phone(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        """Street office and street become one, as the parcel has them."""
        data = super().clean()
        town = data.pop("town", "")
        self.town = town
        self.detail = data.get("street", "").removeprefix(town)
        if "street" in data:
            data["street"] = (town + self.detail)[:200]
        return data
