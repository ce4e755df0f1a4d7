"""The forms of the staff's pages about live sessions."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from livestream.campaigns.models import Campaign
from livestream.sessions.models import CueCard, LiveSession, SessionChannel
from livestream.sessions.selectors import SAID
from livestream.sessions.services import CardText, ChannelPlan, SessionPlan


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget)


class SessionForm(forms.Form):
    """A session and its plan."""

    campaign = forms.ModelChoiceField(Campaign.objects.all(), label=_("Campaign"))
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=100)
    title_en = forms.CharField(label=_("Title in English"), max_length=100, required=False)
    starts_at = _moment(_("Planned start"))
    ends_at = _moment(_("Planned end"))
    rehearsal = forms.BooleanField(
        label=_("Rehearsal"),
        required=False,
        help_text=_("Nothing is sold and nothing counts. It has no replay."),
    )

    def __init__(self, *args: Any, session: LiveSession | None = None, **kwargs: Any):
        if session is not None:
            kwargs["initial"] = {name: getattr(session, name) for name in type(self).base_fields}
        super().__init__(*args, **kwargs)

    def plan(self) -> SessionPlan:
        """The session that a valid form asks for."""
        data = dict(self.cleaned_data)
        return SessionPlan(campaign_id=data.pop("campaign").pk, **data)


class ChannelForm(forms.Form):
    """A place where a session is shown."""

    platform = forms.ChoiceField(label=_("Platform"), choices=SessionChannel.Platform.choices)
    account = forms.CharField(
        label=_("Account on the platform"),
        max_length=80,
        required=False,
        help_text=_("Our own room has none."),
    )
    room = forms.CharField(
        label=_("Room"), max_length=100, required=False, help_text=_("Its name or number.")
    )
    address = forms.URLField(label=_("Web address"), required=False, assume_scheme="https")
    starts_at = _moment(_("Planned start"))
    ends_at = _moment(_("Planned end"))

    def __init__(
        self, *args: Any, session: LiveSession, channel: SessionChannel | None = None, **kwargs: Any
    ):
        kwargs["initial"] = (
            {"starts_at": session.starts_at, "ends_at": session.ends_at}
            if channel is None
            else {name: getattr(channel, name) for name in type(self).base_fields}
        )
        super().__init__(*args, **kwargs)

    def plan(self) -> ChannelPlan:
        """The channel that a valid form asks for."""
        return ChannelPlan(**self.cleaned_data)


class PackField(forms.ModelChoiceField):
    """A choice of packs by the names that buyers see."""

    def label_from_instance(self, obj: Any) -> str:
        return obj.display_name


class ItemForm(forms.Form):
    """A pack to be put on the shelf."""

    pack = PackField(Product.objects.none(), label=_("Pack"))
    per_buyer = forms.IntegerField(
        label=_("Packs per buyer at most"), required=False, min_value=1, max_value=9999
    )

    def __init__(self, *args: Any, session: LiveSession, **kwargs: Any):
        super().__init__(*args, **kwargs)
        pack = cast(forms.ModelChoiceField, self.fields["pack"])
        pack.queryset = (
            Product.objects.filter(produce__isnull=False, is_public=True)
            .exclude(pk__in=session.shelf.values("pack"))
            .select_related("produce")
            .order_by("produce__code", "net_grams")
        )


def _lines(label: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 5})
    return forms.CharField(label=label, max_length=2000, required=False, widget=widget)


def _line(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=100, required=False)


class CardForm(forms.Form):
    """What a cue card says."""

    points_zh = _lines(_("Selling points in Chinese, one a line"))
    proofs_zh = _lines(_("Proofs in Chinese, one a line"))
    quota_zh = _line(_("Quota to say, in Chinese"))
    village_zh = _line(_("Village in Chinese"))
    points_en = _lines(_("Selling points in English, one a line"))
    proofs_en = _lines(_("Proofs in English, one a line"))
    quota_en = _line(_("Quota to say, in English"))
    village_en = _line(_("Village in English"))

    def __init__(self, *args: Any, card: CueCard, **kwargs: Any):
        kwargs["initial"] = {name: getattr(card, name) for name in SAID}
        super().__init__(*args, **kwargs)

    def text(self) -> CardText:
        """What a valid form says."""
        return CardText(**self.cleaned_data)
