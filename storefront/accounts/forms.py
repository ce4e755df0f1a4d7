"""Signing in, and what people change about their account."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from storefront.accounts.contacts import Reached, reached
from storefront.accounts.phones import plain_phone


class SignInForm(AuthenticationForm):
    """E-mail or phone, and a password. The answer is the same for an unknown name."""

    username = forms.CharField(
        label=_("E-mail or phone"),
        max_length=254,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none"}),
    )
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("Name and password do not fit together. Please check both."),
    }

    def clean_username(self) -> str:
        """The e-mail address, or the phone number in its plain form."""
        name = self.cleaned_data["username"]
        return name if "@" in name else plain_phone(name)


class AskForm(forms.Form):
    """To whom a code goes."""

    contact = forms.CharField(
        label=_("E-mail or mobile number"),
        max_length=254,
        widget=forms.TextInput(
            {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_contact(self) -> Reached:
        """The contact in its plain form."""
        return reached(self.cleaned_data["contact"])


class PresentPasswordForm(forms.Form):
    """Asks for the present password who has one and did not come by a code."""

    present = forms.CharField(
        label=_("Present password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: Any, proved: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if proved or not user.has_usable_password():
            del self.fields["present"]

    def clean_present(self) -> str:
        """It has to be right."""
        present: str = self.cleaned_data["present"]
        if not self.user.check_password(present):
            raise forms.ValidationError(_("This is not your present password."))
        return present


class CodeForm(forms.Form):
    """The six digits."""

    digits = forms.CharField(
        label=_("Code"),
        max_length=12,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-digits"}
        ),
    )

    def clean_digits(self) -> str:
        """Digits alone: a phone pastes them with spaces, a Chinese keyboard writes them wide."""
        return "".join(str(int(sign)) for sign in self.cleaned_data["digits"] if sign.isdecimal())


class SecondStepForm(CodeForm):
    """The six digits of the app, or a recovery code."""

    digits = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits from your app; or a recovery code of eight."),
        widget=CodeForm.base_fields["digits"].widget,
    )


class SetUpForm(CodeForm, PresentPasswordForm):
    """The app's first code; and the password of who has one and did not come by a code."""

    digits = forms.CharField(
        label=_("The six digits that the app shows now"),
        max_length=12,
        widget=CodeForm.base_fields["digits"].widget,
    )
    field_order = ("digits", "present")


def _password_field(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=200,
        strip=False,
        help_text=_("At least 9 characters."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        **more,
    )


class AgreeForm(forms.Form):
    """Consent to the privacy notice, without which there is no account."""

    agreed = forms.BooleanField(
        label=_("I have read the privacy notice and agree to it."),
        error_messages={"required": _("Without your consent we may not keep an account.")},
    )


class NewAccountForm(AgreeForm):
    """A new member, whose contact is proved: consent, and a password for who wants one."""

    password = _password_field(_("Password, if you want one"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Hold the password against the rules, and against the contact."""
        password = self.cleaned_data["password"]
        if password:
            password_validation.validate_password(password, self.user)
        return password


class PasswordForm(PresentPasswordForm):
    """A new password; the present one, too, for who has one and did not come by a code."""

    password = _password_field(_("New password"))

    def clean_password(self) -> str:
        """Hold it against the rules."""
        password = self.cleaned_data["password"]
        password_validation.validate_password(password, self.user)
        return password


class ProfileForm(forms.Form):
    """How we address somebody, and in which language we write."""

    first_name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    unit = forms.CharField(
        label=_("Unit"),
        max_length=120,
        required=False,
        help_text=_("College or office, if your orders are made for one."),
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    language = forms.ChoiceField(label=_("Language of our messages"), choices=settings.LANGUAGES)
