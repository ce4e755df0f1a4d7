"""What one fills in to be reminded."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from storefront.accounts.contacts import Reached, reached
from storefront.wishes.models import Reminder


class ReachForm(forms.Form):
    """For a guest where to write, and their consent; a member is asked nothing."""

    contact = forms.CharField(
        label=_("E-mail or mobile number"),
        max_length=254,
        widget=forms.TextInput({"autocomplete": "email"}),
    )
    agreed = forms.BooleanField(
        label=_("Write to me there once about this. Nothing else is sent to it."),
        error_messages={"required": _("Without your consent we may not write to you.")},
    )

    def __init__(self, *args: Any, is_guest: bool, **options: Any):
        super().__init__(*args, **options)
        if not is_guest:
            del self.fields["contact"], self.fields["agreed"]

    def clean_contact(self) -> Reached:
        return reached(self.cleaned_data["contact"])


class RemindForm(ReachForm):
    """When; and for a guest where to, and their consent."""

    kind = forms.ChoiceField(label=_("When shall we tell you?"), widget=forms.RadioSelect)
    field_order = ("kind", "contact", "agreed")

    def __init__(self, *args: Any, kinds: list[str], **options: Any):
        super().__init__(*args, **options)
        field: Any = self.fields["kind"]
        field.choices = [(one, Reminder.Kind(one).label) for one in kinds]
        if kinds:
            self.initial.setdefault("kind", kinds[0])
