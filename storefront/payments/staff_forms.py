"""The forms of finance's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.clock import today
from catalog.numbers import to_fen, to_yuan
from storefront.aftersales.models import Refund
from storefront.payments.models import OfflinePayment
from storefront.payments.receiving import Receipt


class ReceiptForm(forms.Form):
    """What came in for one offline payment."""

    account = forms.ChoiceField(
        label=_("Came in"), choices=OfflinePayment.Account.choices, widget=forms.RadioSelect
    )
    amount = forms.DecimalField(
        label=_("Amount in yuan"), min_value=to_yuan(1), max_digits=10, decimal_places=2
    )
    reference = forms.CharField(
        label=_("Reference"),
        max_length=80,
        help_text=_("The bank's number of the transfer, or the number of the cash receipt."),
    )
    received_on = forms.DateField(
        label=_("Day"), initial=today, widget=forms.DateInput({"type": "date"})
    )

    def receipt(self) -> Receipt:
        """What a valid form says."""
        data: dict[str, Any] = self.cleaned_data
        return Receipt(
            account=data["account"],
            amount_fen=to_fen(data["amount"]),
            reference=data["reference"].strip(),
            received_on=data["received_on"],
        )


class ResolveForm(forms.Form):
    """Carry out what is proposed for a gap."""

    bearer = forms.ChoiceField(
        label=_("Borne by"),
        choices=[
            (Refund.Bearer.COOPERATIVE, _("the cooperative")),
            (Refund.Bearer.PROGRAMME, _("the programme")),
        ],
        required=False,
        initial=Refund.Bearer.COOPERATIVE,
    )


class ExplainForm(forms.Form):
    """Explain a gap that nothing can or need be done about."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It counts no longer, here and for verify_books, while it stays the same."),
    )
