"""The forms of the staff's pages."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.clock import now
from catalog.numbers import to_fen, to_yuan
from cooperatives.routing.cuts import short_fen, short_of
from cooperatives.routing.models import Consignment, ConsignmentLine
from livestream.campaigns.models import OVERRIDE_DAYS, Campaign
from storefront.aftersales.models import Refund
from storefront.aftersales.staff import RefundPlan

WHOLE, SHORT = "whole", "short-"
# The chain's own: nobody chooses these.
NOT_CHOSEN = (Refund.Reason.GOODS_GONE, Refund.Reason.FREIGHT, Refund.Reason.DISPUTE)


class OrderSearchForm(forms.Form):
    """Find orders."""

    q = forms.CharField(label=_("Number, phone or e-mail"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("Consignment"),
        required=False,
        choices=[("", _("All")), *Consignment.State.choices],
    )


class RefundForm(forms.Form):
    """A refund of an order, or of one of its lines."""

    REASONS = [row for row in Refund.Reason.choices if row[0] not in NOT_CHOSEN]

    what = forms.ChoiceField(label=_("What"), widget=forms.RadioSelect)
    packs = forms.IntegerField(
        label=_("Packs"), required=False, min_value=1, help_text=_("Of a line; empty: all.")
    )
    amount = forms.DecimalField(
        label=_("Amount in yuan"),
        required=False,
        min_value=to_yuan(1),
        max_digits=10,
        decimal_places=2,
        help_text=_("Instead of packs: money only, the goods stay with the buyer."),
    )
    grams = forms.IntegerField(
        label=_("Missing grams"),
        required=False,
        min_value=1,
        help_text=_("Of what is missing in a box; empty: all of it."),
    )
    freight = forms.BooleanField(
        label=_("Freight too"), required=False, help_text=_("The whole order always includes it.")
    )
    goods = forms.ChoiceField(
        label=_("Packed goods"),
        choices=[("write_off", _("are written off")), ("restock", _("go back to stock"))],
        widget=forms.RadioSelect,
        initial="write_off",
        help_text=_("What is not packed yet is free for others in any case."),
    )
    bearer = forms.ChoiceField(
        label=_("Borne by"),
        choices=Refund.Bearer.choices,
        initial=Refund.Bearer.COOPERATIVE,
        help_text=_(
            "What goes back to stock, or was never packed, costs nobody: there the sale is undone. "
            "The carrier bears only what it carried."
        ),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, lines: list[ConsignmentLine], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._missing = {line.pk: short_of(line) for line in lines}
        what = cast(forms.ChoiceField, self.fields["what"])
        what.choices = [
            (WHOLE, _("The whole order, with freight")),
            *[(str(line.pk), self._label(line)) for line in lines if self._left(line)],
            *[(f"{SHORT}{line.pk}", self._short(line)) for line in lines if short_of(line)],
        ]

    @staticmethod
    def _left(line: ConsignmentLine) -> int:
        return line.net_fen - line.refunded_fen

    def _label(self, line: ConsignmentLine) -> str:
        return _("%(name)s × %(packs)s · %(cooperative)s: ¥%(left)s left") % {
            "name": line.product.display_name,
            "cooperative": line.consignment.partner.display_name,
            "packs": line.packs - line.cancelled_packs,
            "left": to_yuan(self._left(line)),
        }

    @staticmethod
    def _short(line: ConsignmentLine) -> str:
        grams = short_of(line)
        return _("%(name)s: %(grams)s g are missing in the box, ¥%(amount)s") % {
            "name": line.product.display_name,
            "grams": grams,
            "amount": to_yuan(short_fen(line, grams)),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        packs, amount, grams = (cleaned.get(name) for name in ("packs", "amount", "grams"))
        what = cleaned.get("what") or ""
        if packs and amount:
            self.add_error("amount", _("Give packs or an amount, not both."))
        if (packs or amount) and (what == WHOLE or what.startswith(SHORT)):
            self.add_error("what", _("Choose the line that the packs or the amount belong to."))
        if grams and not what.startswith(SHORT):
            self.add_error("grams", _("Choose the box that the grams are missing in."))
        return cleaned

    def plan(self) -> RefundPlan:
        """The refund that a valid form asks for."""
        data = self.cleaned_data
        what = data["what"]
        whole, short = what == WHOLE, what.startswith(SHORT)
        line_id = None if whole else int(what.removeprefix(SHORT))
        grams = data["grams"] or (self._missing[line_id] if short and line_id else None)
        return RefundPlan(
            line_id=line_id,
            packs=data["packs"],
            amount_fen=to_fen(data["amount"]) if data["amount"] else None,
            freight=whole or data["freight"],
            restock=data["goods"] == "restock",
            reason=data["reason"],
            note=data["note"],
            short_grams=grams,
            bearer=data["bearer"],
        )


class RefundQueueForm(forms.Form):
    """Which refunds to list."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Not done yet")),
            ("failed", _("Refused or sent back")),
            ("waiting", _("On their way")),
            ("done", _("Done")),
        ],
    )


class ByHandForm(forms.Form):
    """Finance paid a refund by a transfer or in cash."""

    account = forms.ChoiceField(
        label=_("Paid from"),
        choices=[row for row in Refund.PaidFrom.choices if row[0] in ("bank", "cash")],
    )
    reference = forms.CharField(
        label=_("Reference"),
        max_length=120,
        help_text=_("The number of the transfer or the receipt."),
    )


class OverrideForm(forms.Form):
    """Credit a line to another campaign, or to none."""

    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), label=_("Campaign"), required=False, empty_label=_("None")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        open_since = now() - timedelta(days=OVERRIDE_DAYS)
        campaign = cast(forms.ModelChoiceField, self.fields["campaign"])
        campaign.queryset = Campaign.objects.filter(ends_at__gt=open_since)
