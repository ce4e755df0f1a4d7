"""The forms of the staff's pages about offers, gift vouchers and hosts."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Produce
from catalog.numbers import to_fen, to_yuan
from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign
from storefront.discounts.gifts import NewGift
from storefront.discounts.models import Gift, Host, Terms
from storefront.discounts.services import OfferWish

PERCENT, AMOUNT = "percent", "amount"


def _moment(label: Any, **more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, **more)


def _yuan(label: Any, *, required: bool = False, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=to_yuan(1),
        max_digits=10,
        decimal_places=2,
        **more,
    )


class OfferForm(forms.Form):
    """An offer or voucher."""

    name_zh = forms.CharField(
        label=_("Name in Chinese"), max_length=128, help_text=_("Buyers see it at the amount.")
    )
    name_en = forms.CharField(label=_("Name in English"), max_length=128, required=False)
    code = forms.RegexField(
        label=_("Code"),
        regex=r"^[A-Za-z0-9-]{3,32}$",
        required=False,
        help_text=_("Empty: every basket has it by itself. It stays as it is made."),
        error_messages={"invalid": _("3 to 32 letters, digits and hyphens.")},
    )
    kind = forms.ChoiceField(
        label=_("Takes off"),
        choices=[(PERCENT, _("a percentage")), (AMOUNT, _("an amount"))],
        widget=forms.RadioSelect,
        initial=AMOUNT,
    )
    value = _yuan(_("How much (percent or yuan)"), required=True)
    least = _yuan(
        _("From goods of yuan"), help_text=_("At the shelf price, of the goods that it is about.")
    )
    least_packs = forms.IntegerField(label=_("Or from packs"), required=False, min_value=1)
    produce = forms.ModelMultipleChoiceField(
        Produce.objects.all(), label=_("On which produce"), required=False, help_text=_("None: all")
    )
    partner = forms.ModelChoiceField(
        Partner.objects.none(),
        label=_("Only what this cooperative packs"),
        required=False,
        empty_label=_("All cooperatives"),
    )
    starts_at = _moment(_("Starts"))
    ends_at = _moment(_("Ends"))
    funder = forms.ChoiceField(
        label=_("Paid for by"),
        choices=Terms.Funder.choices,
        widget=forms.RadioSelect,
        initial=Terms.Funder.PROGRAMME,
        help_text=_("A cooperative sells for less; the programme and hosts pay it the difference."),
    )
    host = forms.ModelChoiceField(Host.objects.all(), label=_("Host"), required=False)
    uses_limit = forms.IntegerField(label=_("Uses in all"), required=False, min_value=1)
    per_buyer = forms.IntegerField(
        label=_("Uses per buyer"),
        required=False,
        min_value=1,
        help_text=_("Counted by account, phone and e-mail."),
    )
    budget = _yuan(_("Budget in yuan"))
    stacks = forms.BooleanField(
        label=_("Goes together with others"),
        required=False,
        help_text=_("Otherwise the buyer gets it alone where it saves more than the others."),
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.all(),
        label=_("Coupon of the campaign"),
        required=False,
        help_text=_("What it discounts while the campaign runs is credited to it."),
    )

    def __init__(self, *args: Any, terms: Terms | None = None, **kwargs: Any):
        if terms is not None:
            kwargs["initial"] = initial_of(terms)
        super().__init__(*args, **kwargs)
        if terms is not None:
            self.fields["code"].disabled = True
        partner = cast(forms.ModelChoiceField, self.fields["partner"])
        partner.queryset = Partner.objects.order_by("code")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        value = cleaned.get("value")
        if cleaned.get("kind") == PERCENT and value is not None and value > 100:
            self.add_error("value", _("A percentage is above 0 and at most 100."))
        return cleaned

    def wish(self) -> OfferWish:
        """The offer that a valid form asks for."""
        data = self.cleaned_data
        percent, value = data["kind"] == PERCENT, to_fen(data["value"])
        return OfferWish(
            name_zh=data["name_zh"],
            name_en=data["name_en"],
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            funder=data["funder"],
            code=data["code"].upper(),
            # A percentage with two places is a whole number of basis points.
            bps=value if percent else None,
            amount_fen=None if percent else value,
            least_fen=to_fen(data["least"]) if data["least"] else 0,
            least_packs=data["least_packs"] or 0,
            partner_id=data["partner"].pk if data["partner"] else None,
            produce_ids=[one.pk for one in data["produce"]],
            host_id=data["host"].pk if data["host"] else None,
            campaign_id=data["campaign"].pk if data["campaign"] else None,
            stacks=data["stacks"],
            per_buyer=data["per_buyer"],
            uses_limit=data["uses_limit"],
            budget_fen=to_fen(data["budget"]) if data["budget"] else None,
        )


def initial_of(terms: Terms) -> dict[str, Any]:
    """What the form shows of an offer."""
    offer, voucher = terms.offer, terms.offer.vouchers.first()
    condition, benefit = offer.condition, offer.benefit
    by_value = condition.type == condition.VALUE
    return {
        "name_zh": offer.name,
        "name_en": terms.name_en,
        "code": voucher.code if voucher else "",
        "kind": PERCENT if benefit.type == benefit.PERCENTAGE else AMOUNT,
        "value": benefit.value,
        "least": condition.value if by_value else None,
        "least_packs": int(condition.value) if not by_value and condition.value > 1 else None,
        "produce": list(terms.produce.all()),
        "partner": terms.partner_id,
        "starts_at": offer.start_datetime,
        "ends_at": offer.end_datetime,
        "funder": terms.funder,
        "host": terms.host_id,
        "uses_limit": terms.uses_limit,
        "per_buyer": terms.per_buyer,
        "budget": None if terms.budget_fen is None else to_yuan(terms.budget_fen),
        "stacks": terms.stacks,
        "campaign": terms.campaign_id,
    }


class GiftForm(forms.Form):
    """A gift voucher to be issued."""

    amount = _yuan(_("Amount in yuan"), required=True)
    valid_until = _moment(_("Valid until"))
    funder = forms.ChoiceField(
        label=_("Paid for"),
        choices=Gift.Funder.choices,
        widget=forms.RadioSelect,
        initial=Gift.Funder.PROGRAMME,
    )
    reference = forms.CharField(
        label=_("Payment's reference"),
        max_length=80,
        required=False,
        help_text=_("Of the transfer or the receipt, if somebody bought it."),
    )
    recipient = forms.CharField(label=_("For (e-mail or phone)"), max_length=254, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def wish(self) -> NewGift:
        """The gift voucher that a valid form asks for."""
        data = self.cleaned_data
        return NewGift(
            amount_fen=to_fen(data["amount"]),
            valid_until=data["valid_until"],
            funder=data["funder"],
            recipient=data["recipient"],
            reference=data["reference"],
            note=data["note"],
        )


class HostForm(forms.ModelForm):
    """A host who funds offers."""

    class Meta:
        model = Host
        fields = ("name",)


class HostPaymentForm(forms.Form):
    """What a host paid in."""

    host = forms.ModelChoiceField(Host.objects.all(), label=_("Host"))
    amount = _yuan(_("Amount in yuan"), required=True)
    reference = forms.CharField(label=_("Bank reference"), max_length=80)
