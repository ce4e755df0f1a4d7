"""The forms of the staff's pages about messages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from storefront.notifications import wording
from storefront.notifications.models import Message
from storefront.order.models import Order

LONGEST_MAIL, LONGEST_TEXT = 5000, 500


class MessageSearchForm(forms.Form):
    """Find messages."""

    q = forms.CharField(label=_("Order number"), required=False, max_length=40)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *Message.State.choices]
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *Message.Kind.choices]
    )
    channel = forms.ChoiceField(
        label=pgettext_lazy("of a message", "By"),
        required=False,
        choices=[("", _("All")), *Message.Channel.choices],
    )


class WordingForm(forms.Form):
    """The wording of a kind by one channel, in every language of the site."""

    order = forms.CharField(
        label=_("Preview with the order"),
        required=False,
        max_length=40,
        help_text=_("Its number; empty: a made-up one."),
    )

    def __init__(
        self,
        *args: Any,
        kind: str,
        channel: str,
        now: Mapping[str, wording.Effective],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.kind, self.channel = kind, channel
        self.found: Order | None = None
        mail = channel == Message.Channel.MAIL
        for code, name in settings.LANGUAGES:
            if mail:
                self.fields[f"subject_{code}"] = forms.CharField(
                    label=_("Subject, %(language)s") % {"language": name},
                    max_length=150,
                    initial=now[code].subject,
                )
            self.fields[f"body_{code}"] = forms.CharField(
                label=_("Text, %(language)s") % {"language": name},
                max_length=LONGEST_MAIL if mail else LONGEST_TEXT,
                initial=now[code].body,
                widget=forms.Textarea({"rows": 8 if mail else 5}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):
            unknown = wording.unknown_placeholders(self.kind, value) if name != "order" else []
            if unknown:
                self.add_error(name, _("Not known here: %(names)s") % {"names": ", ".join(unknown)})
        return cleaned

    def clean_order(self) -> str:
        number = self.cleaned_data["order"].strip()
        if number:
            self.found = Order.objects.filter(number=number).first()
            if self.found is None:
                raise forms.ValidationError(_("There is no such order."))
        return number

    def texts(self) -> dict[str, tuple[str, str]]:
        """What a valid form says: {language: (subject, body)}."""
        return {code: self.shown(code) for code, _name in settings.LANGUAGES}

    def shown(self, code: str) -> tuple[str, str]:
        """Subject and body as they stand in the form now, valid or not."""

        def value(name: str) -> str:
            return str(self[name].value() or "") if name in self.fields else ""

        return value(f"subject_{code}").strip(), value(f"body_{code}").replace("\r\n", "\n").strip()
