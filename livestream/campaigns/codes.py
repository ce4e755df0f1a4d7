"""The codes of tracked links: short, in capitals, without letters that look like another."""

import secrets
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# No I, L, O, 0, 1: a code is read off a poster and typed.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 7


def new_code() -> str:
    """A random code; 31^7 of them, so that two alike are no practical matter."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


class CodeFormField(forms.CharField):
    """Capitals; an empty one is filled in."""

    def clean(self, value: Any) -> str:
        return super().clean(value).upper() or new_code()


class LinkCodeField(models.CharField):
    """A code, stored and looked up in capitals, so that /r/abc and /r/ABC are one link."""

    default_validators = [
        RegexValidator(r"^[A-Za-z0-9-]+$", _("Letters, digits and hyphens only."))
    ]

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared.upper() if isinstance(prepared, str) else prepared

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(form_class=CodeFormField, **kwargs)
