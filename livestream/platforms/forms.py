"""The form by which an export is given."""

from django import forms
from django.utils.translation import gettext_lazy as _

from livestream.platforms.layouts import LAYOUTS
from livestream.platforms.models import PlatformShop
from livestream.sessions.models import LiveSession, SessionChannel


class SettlementForm(forms.Form):
    """A settlement export, and the shop that it is of."""

    shop = forms.ModelChoiceField(PlatformShop.objects.all(), label=_("Our shop there"))
    file = forms.FileField(
        label=_("Export of the settlement"),
        help_text=_(
            "CSV or XLSX as Douyin gives it. For another platform a file with the columns "
            "结算时间, 订单号, 子订单号, 结算金额 and 结算前退款金额."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
    )


class ExportForm(forms.Form):
    """An export of orders, and whose it is."""

    platform = forms.ChoiceField(
        label=_("Platform"),
        choices=[row for row in SessionChannel.Platform.choices if row[0] in LAYOUTS],
    )
    shop = forms.CharField(
        label=_("Our shop there"),
        max_length=80,
        help_text=_("Written as in the channel of a live session, and the same each time."),
    )
    session = forms.ModelChoiceField(
        LiveSession.objects.filter(rehearsal=False, started_at__isnull=False),
        label=_("Live session"),
        required=False,
        empty_label=_("By the time of payment"),
        help_text=_("Only where another account showed it."),
    )
    file = forms.FileField(
        label=_("Export of orders"),
        help_text=_("CSV or XLSX as the platform gave it, not opened and saved by a spreadsheet."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
    )
