"""The form by which an export is given."""

from django import forms
from django.utils.translation import gettext_lazy as _

from livestream.platforms.layouts import LAYOUTS
from livestream.sessions.models import LiveSession, SessionChannel


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
