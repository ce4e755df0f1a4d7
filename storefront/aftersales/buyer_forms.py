"""What a buyer may change of an order before it is packed."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cooperatives.routing.models import ConsignmentLine
from storefront.checkout.forms import DeliveryForm
from storefront.payments.services import DeliveryAddress


class CancelForm(forms.Form):
    """How many packs of each line to cancel: at first all of them."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, lines: Sequence[ConsignmentLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            left = line.packs - line.cancelled_packs
            counts: list[tuple[int, Any]] = [(0, _("keep"))]
            counts += [
                (n, ngettext("cancel %(n)s pack", "cancel %(n)s packs", n) % {"n": n})
                for n in range(1, left + 1)
            ]
            self.fields[self.name_of(line)] = forms.TypedChoiceField(
                label=line.product.display_name, choices=counts, coerce=int, initial=left
            )

    @staticmethod
    def name_of(line: ConsignmentLine) -> str:
        return f"line_{line.pk}"

    @property
    def rows(self) -> list[tuple[ConsignmentLine, forms.BoundField]]:
        """Each line with its field."""
        return [(line, self[self.name_of(line)]) for line in self.lines]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned[self.name_of(line)] for line in self.lines):
            raise forms.ValidationError(_("Choose what to cancel."))
        return cleaned

    @property
    def packs(self) -> dict[int, int]:
        """{line id: packs to cancel} of a valid form."""
        chosen = {line.pk: self.cleaned_data[self.name_of(line)] for line in self.lines}
        return {pk: packs for pk, packs in chosen.items() if packs}


class AddressForm(DeliveryForm):
    """Another delivery address: the checkout's fields, without the e-mail."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    AUTOCOMPLETE = {**DeliveryForm.AUTOCOMPLETE, "uuid": "off"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, guest=False, **kwargs)
        del self.fields["email"]

    @property
    def address(self) -> DeliveryAddress:
        """The address of a valid form."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "uuid"}
        return DeliveryAddress(**cast(dict[str, str], data))
