"""Fields of an address: province → city → district → street office, where each offers the next.

Where the data know what there is, the field is a choice; else people write. What the data do not
know is taken, too: districts are founded faster than lists are printed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models import in_language
from cooperatives.routing.provinces import PROVINCES
from storefront.accounts import divisions
from storefront.accounts.parsing import LONGEST_TEXT, ParsedAddress, parse_address
from storefront.accounts.phones import validate_phone

LEVELS = ("province", "city", "district")


def provinces() -> list[tuple[str, Any]]:
    """The choices of a province: those of the freight table."""
    names = [(zh, in_language(zh, f"{en} {zh}")) for zh, en in PROVINCES.items()]
    return [("", _("Choose a province")), *names]


class DivisionFields(forms.Form):
    """City, district and street office of a province."""

    province = forms.ChoiceField(label=_("Province"), choices=provinces)
    city = forms.CharField(label=_("City"), max_length=60)
    district = forms.CharField(label=_("District or county"), max_length=60)
    town = forms.CharField(label=_("Street office or town"), max_length=60, required=False)

    AUTOCOMPLETE = {
        "province": "address-level1",
        "city": "address-level2",
        "district": "address-level3",
        "town": "address-level4",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["province"].error_messages["invalid_choice"] = _(
            "We do not deliver there. Please choose a province of the list."
        )
        above = [str(self[level].value() or "") for level in LEVELS]
        self._offer("city", divisions.cities(above[0]))
        self._offer("district", divisions.districts(*above[:2]))
        self._offer("town", divisions.towns(*above))
        for level in LEVELS:
            self.fields[level].widget.attrs |= {
                "hx-get": reverse_lazy("accounts:divisions"),
                "hx-trigger": "change",
                "hx-target": "#divisions",
                # Without a pause, in which a choice would not be heard.
                "hx-swap": "outerHTML settle:0ms",
                "hx-include": "[name=province],[name=city],[name=district],[name=town]",
                # Who chooses faster than the network answers: the last choice counts.
                "hx-sync": "closest form:replace",
            }
        for name, value in self.AUTOCOMPLETE.items():
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = value

    def _offer(self, name: str, known: Sequence[str]) -> None:
        if not known:
            return
        now_set = str(self[name].value() or "")
        choices = [("", _("Please choose")), *((one, one) for one in known)]
        if now_set and now_set not in known:
            choices.append((now_set, now_set))
        self.fields[name].widget = forms.Select(choices=choices)

    def clean(self) -> dict[str, Any]:
        """Refuse what surely lies elsewhere."""
        given = [self.cleaned_data.get(level, "") for level in LEVELS]
        wrong = divisions.contradiction(*given) if all(given) else ""
        if wrong == "city":
            self.add_error("city", _("This city does not lie in this province."))
        elif wrong == "district":
            self.add_error("district", _("This district does not lie in this city."))
        return self.cleaned_data


def next_levels(given: Mapping[str, str]) -> DivisionFields:
    """The fields below what was chosen; what does not fit it any more is empty."""
    province = given.get("province", "")
    city, district = given.get("city", ""), given.get("district", "")
    cities = divisions.cities(province)
    if cities and city not in cities:
        city = cities[0] if len(cities) == 1 else ""
    districts = divisions.districts(province, city)
    if districts and district not in districts or not city:
        district = districts[0] if len(districts) == 1 else ""
    town, towns = given.get("town", ""), divisions.towns(province, city, district)
    if towns and town not in towns or not district:
        town = ""
    given = {"province": province, "city": city, "district": district, "town": town}
    return DivisionFields(initial=given)


class SavedAddressForm(DivisionFields):
    """An address of the book."""

    name = forms.CharField(label=_("Recipient"), max_length=60)
    phone = forms.CharField(label=_("Phone"), max_length=32)
    detail = forms.CharField(label=_("Street, building, room"), max_length=140)
    is_default = forms.BooleanField(label=_("Use this address first"), required=False)

    AUTOCOMPLETE = {
        **DivisionFields.AUTOCOMPLETE,
        "name": "name",
        "phone": "tel",
        "detail": "street-address",
    }

    def clean_phone(self) -> str:
        """The number in its plain form."""
        return validate_phone(self.cleaned_data["phone"])


def pasted(text: str) -> ParsedAddress:
    """A pasted text, taken apart."""
    return parse_address(text.replace("\x00", "")[:LONGEST_TEXT])


def draft_of(parsed: Any, form: Any) -> dict[str, str]:
    """A parsed address as a form's initial values: its town in a field of its own."""
    values = {
        field: getattr(parsed, field)
        for field in ("name", "phone", "province", "city", "district", "detail")
    }
    street = "detail" if "detail" in form.base_fields else "street"
    values[street] = values.pop("detail")
    return {**values, "town": parsed.street}


LABELS = {
    "name": _("Recipient"),
    "phone": _("Phone"),
    "province": _("Province"),
    "city": _("City"),
    "district": _("District or county"),
    "detail": _("Street, building, room"),
}


def to_look_at(parsed: ParsedAddress) -> dict[str, list[Any]]:
    """What the person has to fill in and to check, by the fields' labels."""
    return {
        "missing": [LABELS[field] for field in parsed.missing],
        "doubtful": [LABELS[field] for field in parsed.doubtful],
    }
