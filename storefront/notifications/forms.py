"""The buyer's choice."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from storefront.notifications import preferences
from storefront.notifications.models import Message
from storefront.notifications.preferences import ASKED, REQUIRED, Buyer


class PreferenceForm(forms.Form):
    """Per kind, the channels by which it comes: one box each, of the channels that reach them."""

    def __init__(self, *args: Any, buyer: Buyer, **kwargs: Any):
        super().__init__(*args, **kwargs)
        names = {name: Message.Channel(name).label for name in preferences.channels_of(buyer)}
        for kind in ASKED:
            channels, wanted = preferences.channels_for(buyer, kind)
            self.fields[kind] = forms.MultipleChoiceField(
                label=Message.Kind(kind).label,
                choices=list(names.items()),
                required=kind in REQUIRED,
                initial=channels if wanted else [],
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Always by at least one way.") if kind in REQUIRED else "",
                error_messages={"required": _("Choose at least one way for this.")},
            )

    def wishes(self) -> dict[str, list[str]]:
        """What a valid form chose."""
        return {kind: self.cleaned_data[kind] for kind in ASKED}
