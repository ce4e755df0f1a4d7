"""Signing in and signing up."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate, get_user_model, password_validation
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from storefront.accounts.phones import plain_phone


class SignInForm(forms.Form):
    """E-mail or phone, and a password. `get_user()` is who signed in."""

    username = forms.CharField(
        label=_("E-mail or phone"),
        max_length=254,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user = None
        super().__init__(*args, **kwargs)

    def clean(self) -> dict:
        """Check the password; the answer is the same for an unknown name."""
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name and password:
            name = name if "@" in name else plain_phone(name)
            self.user = authenticate(self.request, username=name, password=password)
            if self.user is None:
                raise forms.ValidationError(
                    _("Name and password do not fit together. Please check both.")
                )
        return self.cleaned_data

    def get_user(self) -> Any:
        """Who signed in, None before the form is valid."""
        return self.user


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
