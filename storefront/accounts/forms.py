"""Signing in and signing up."""

from django import forms
from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

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


class SignUpForm(forms.Form):
    """A new member: e-mail and password."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least 9 characters."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean_email(self) -> str:
        """An address that nobody has yet, in lower case."""
        email = self.cleaned_data["email"].lower()
        if get_user_model().objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(
                _("There is an account with this address already. Please sign in.")
            )
        return email

    def clean(self) -> dict:
        """Hold the password against the rules, and against the address."""
        email, password = self.cleaned_data.get("email"), self.cleaned_data.get("password")
        if email and password:
            try:
                password_validation.validate_password(password, get_user_model()(email=email))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data
