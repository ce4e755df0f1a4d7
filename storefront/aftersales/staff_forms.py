"""The forms of the staff's pages."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.clock import now
from catalog.numbers import to_fen, to_yuan
from cooperatives.routing.models import Consignment, ConsignmentLine
from livestream.campaigns.models import OVERRIDE_DAYS, Campaign
from storefront.aftersales.models import Refund
from storefront.aftersales.staff import RefundPlan

WHOLE = "whole"


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

    REASONS = [row for row in Refund.Reason.choices if row[0] != Refund.Reason.GOODS_GONE]

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
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
    uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, lines: list[ConsignmentLine], **kwargs: Any):
        super().__init__(*args, **kwargs)
        what = cast(forms.ChoiceField, self.fields["what"])
        what.choices = [
            (WHOLE, _("The whole order, with freight")),
            *[(str(line.pk), self._label(line)) for line in lines if self._left(line)],
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

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        packs, amount = cleaned.get("packs"), cleaned.get("amount")
        if packs and amount:
            self.add_error("amount", _("Give packs or an amount, not both."))
        if cleaned.get("what") == WHOLE and (packs or amount):
            self.add_error("what", _("Choose the line that the packs or the amount belong to."))
        return cleaned

    def plan(self) -> RefundPlan:
        """The refund that a valid form asks for."""
        data = self.cleaned_data
        whole = data["what"] == WHOLE
        return RefundPlan(
            line_id=None if whole else int(data["what"]),
            packs=data["packs"],
            amount_fen=to_fen(data["amount"]) if data["amount"] else None,
            freight=whole or data["freight"],
            restock=data["goods"] == "restock",
            reason=data["reason"],
            note=data["note"],
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
