"""The portal's forms: they check what a person typed, and say what is expected.

The rules of the chain live in the services; a form only knows what can be a slip of the thumb.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.clock import today
from cooperatives.households.models import Household, Lot, Promise
from cooperatives.partner.models import Partner
from cooperatives.portal.services import CODE_LETTERS, lot_token
from cooperatives.portal.stock_selectors import find_household, produce_of
from cooperatives.portal.templatetags.portal import both_weights
from cooperatives.routing.models import Consignment, ConsignmentLine

# A parcel or a sack heavier than this is a slip: ten tonnes.
MOST_GRAMS = 10_000_000
# Packed grams this far from the ordered ones are asked about once more.
FAR_PERCENT = 20
OLDEST_DAYS = 366
OTHER = "other"
# Stored and shown to the buyer as carriers write their own names.
CARRIERS = [
    ("顺丰速运", _("SF Express")),
    ("中通快递", _("ZTO Express")),
    ("圆通速递", _("YTO Express")),
    ("韵达快递", _("Yunda Express")),
    ("申通快递", _("STO Express")),
    ("极兔速递", _("J&T Express")),
    ("中国邮政", _("China Post")),
    ("京东快递", _("JD Logistics")),
    (OTHER, _("another carrier")),
]
GRAMS_ERRORS = {
    "required": _("Enter the weight in grams."),
    "invalid": _("Enter a whole number of grams, such as 2500."),
    "min_value": _("The weight must be more than 0 grams."),
    "max_value": _("More than 10,000 kg: is this in grams?"),
}


def grams_field(**options: Any) -> forms.IntegerField:
    """A weight in whole grams, with the phone's digits as keyboard."""
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(
        min_value=1,
        max_value=MOST_GRAMS,
        widget=widget,
        error_messages=GRAMS_ERRORS,
        **options,
    )


def due_grams(line: ConsignmentLine) -> int:
    """What has to be in the parcel of this line: ordered less cancelled."""
    return line.ordered_grams - line.cancelled_grams


def day_field(**options: Any) -> forms.DateField:
    """A day, with the phone's own calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, **options)


class PackForm(forms.Form):
    """Packed grams for each line that still has something to pack."""

    sure = forms.BooleanField(required=False, label=_("The weights are right, I weighed again."))

    def __init__(self, *args: Any, lines: Iterable[ConsignmentLine], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.lines = {f"line-{line.pk}": line for line in lines if due_grams(line) > 0}
        self.far = False
        for name, line in self.lines.items():
            self.fields[name] = grams_field(
                initial=due_grams(line), label=line.product.display_name
            )
            self.fields[name].help_text = _("Ordered: %(grams)s g = %(weights)s") % {
                "grams": due_grams(line),
                "weights": both_weights(due_grams(line)),
            }

    def weighed(self) -> list[forms.BoundField]:
        """The fields of the lines, in their order."""
        return [self[name] for name in self.lines]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, line in self.lines.items():
            grams, due = data.get(name), due_grams(line)
            if grams is not None and abs(grams - due) * 100 > due * FAR_PERCENT:
                self.far = True
                if not data.get("sure"):
                    self.add_error(
                        name,
                        gettext(
                            "%(typed)s is far from the %(due)s ordered. "
                            "Weigh again, or tick the box below."
                        )
                        % {"typed": both_weights(grams), "due": both_weights(due)},
                    )
        return data

    def packed(self) -> dict[int, int]:
        """{consignment line id: packed grams}; a line that was cancelled whole has none."""
        return {line.pk: self.cleaned_data[name] for name, line in self.lines.items()}


class ShipForm(forms.Form):
    """Carrier and waybill number."""

    carrier = forms.ChoiceField(label=_("carrier"), choices=CARRIERS)
    other_carrier = forms.CharField(label=_("which carrier"), max_length=64, required=False)
    waybill = forms.CharField(
        label=_("waybill number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Enter the waybill number.")},
    )

    def clean_waybill(self) -> str:
        waybill = re.sub(r"\s", "", self.cleaned_data["waybill"]).upper()
        if not re.fullmatch(r"[A-Z0-9]{6,40}", waybill):
            raise forms.ValidationError(
                _("A waybill number has 6 to 40 letters and digits, nothing else.")
            )
        return waybill

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("carrier") == OTHER:
            data["carrier"] = data.get("other_carrier", "")
            if not data["carrier"]:
                self.add_error("other_carrier", _("Enter the carrier's name."))
        return data


class UndoForm(forms.Form):
    """Names the step that the person saw, so that a second tap does not undo another."""

    state = forms.ChoiceField(choices=Consignment.State)


class HouseholdField(forms.CharField):
    """A household by its code, or by the number at the code's end."""

    def __init__(self, partner: Partner):
        super().__init__(
            label=_("household"),
            max_length=64,
            help_text=_("The code, or only its number, such as 7."),
            error_messages={"required": _("Enter the household's code.")},
            widget=forms.TextInput(attrs={"list": "households", "autocomplete": "off"}),
        )
        self.partner = partner

    def clean(self, value: Any) -> Household:
        found = find_household(self.partner, super().clean(value))
        if found is None:
            raise forms.ValidationError(
                _("No household of the cooperative has this code. Enter the whole code.")
            )
        return found


def produce_field(partner: Partner, **options: Any) -> forms.ModelChoiceField:
    """A choice of what the cooperative may take in."""
    return forms.ModelChoiceField(label=_("produce"), queryset=produce_of(partner), **options)


class LotForm(forms.Form):
    """One lot that a household delivered."""

    household = forms.CharField()
    produce = forms.Field()
    grams = grams_field(label=_("grams"), help_text=_("1 jin = 500 g, 1 kg = 1000 g"))
    grade = forms.ChoiceField(label=_("grade"), choices=Lot.Grade, initial=Lot.Grade.A)
    delivered_on = day_field(label=_("delivered on"))
    code = forms.CharField(
        label=_("the lot's code"),
        help_text=_("Leave it empty, and the lot gets one."),
        max_length=64,
        required=False,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9-]*\Z", _("Letters, digits and hyphens, nothing else.")
            )
        ],
    )
    # Part of the lot's code when none is typed: the same again when the button is tapped twice.
    token = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["household"] = HouseholdField(partner)
        self.fields["produce"] = produce_field(partner)

    def clean_delivered_on(self) -> Any:
        day = self.cleaned_data["delivered_on"]
        if day > today():
            raise forms.ValidationError(_("This day has not come yet."))
        if day < today() - timedelta(days=OLDEST_DAYS):
            raise forms.ValidationError(_("This day is more than a year ago."))
        return day

    def clean_token(self) -> str:
        token = self.cleaned_data["token"]
        return token if re.fullmatch(rf"[{CODE_LETTERS}]{{4}}", token) else lot_token()


class WriteOffForm(forms.Form):
    """Grams of a lot that are no longer fit to be sold."""

    grams = grams_field(label=_("grams"))
    reason = forms.CharField(
        label=_("reason"), max_length=200, error_messages={"required": _("Say why.")}
    )
    # What the page said was left: a second tap finds another figure, and changes nothing.
    left = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        grams, left = data.get("grams"), data.get("left")
        if grams is not None and left is not None and grams > left:
            self.add_error(
                "grams", gettext("Only %(left)s are left.") % {"left": both_weights(left)}
            )
        return data


class PromiseForm(forms.Form):
    """What a household says that it can pick."""

    household = forms.CharField()
    produce = forms.Field()
    from_day = day_field(label=_("from"))
    to_day = day_field(label=_("to"))
    grams = grams_field(label=_("grams in all"))
    grams_per_day = grams_field(label=_("grams a day"))

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["household"] = HouseholdField(partner)
        self.fields["produce"] = produce_field(partner)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("from_day"), data.get("to_day")
        if first and last and last < first:
            self.add_error("to_day", _("The last day is before the first."))
        elif last and last < today():
            self.add_error("to_day", _("The last day is over already."))
        elif first and last and (last - first).days > OLDEST_DAYS:
            self.add_error("to_day", _("A promise lasts at most a year."))
        grams, daily = data.get("grams"), data.get("grams_per_day")
        if grams and daily and daily > grams:
            self.add_error("grams_per_day", _("More a day than in all."))
        if not self.errors and self._known(data):
            self.add_error(
                None, _("This household has promised this produce for these days already.")
            )
        return data

    @staticmethod
    def _known(data: dict[str, Any]) -> bool:
        return Promise.objects.filter(
            household=data["household"],
            pool__produce=data["produce"],
            from_day=data["from_day"],
            to_day=data["to_day"],
        ).exists()


class LotFilter(forms.Form):
    """Which lots to list. What is wrong in it is left out."""

    household = forms.CharField(label=_("household"), max_length=64, required=False)
    produce = forms.Field()

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["produce"] = produce_field(
            partner, required=False, empty_label=_("all produce")
        )

    def chosen(self) -> tuple[str, int | None]:
        """Part of a household's code, and a produce's id."""
        self.is_valid()
        produce = self.cleaned_data.get("produce")
        return self.cleaned_data.get("household", "").strip(), produce.pk if produce else None
