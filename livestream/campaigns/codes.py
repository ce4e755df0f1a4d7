"""The codes of tracked links: one to print, one to say (DESIGN §7)."""

import secrets
from typing import Any

from django import forms
from django.apps import apps
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# No I, L, O, 0, 1: a code is read off a poster and typed.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 7
# A code that is said aloud, in Chinese or in English. Left out is what sounds like another (B to V
# and 3, A and K, M and N, S and X, U and Q, 1 and 7, 6 and 9, R and 二) or looks like another.
SPOKEN_ALPHABET = "245678KMWXY"
SPOKEN_LENGTH = 4
# In Python and in PostgreSQL. A code to print never has this shape: /r/K7M2 leads one way only.
SPOKEN = f"^[{SPOKEN_ALPHABET}]{{{SPOKEN_LENGTH}}}$"
MOST_TRIES = 1000


def new_code() -> str:
    """A random code; 31^7 of them, so that two alike are no practical matter."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_spoken() -> str:
    """A code to say that no link has yet. Raises RuntimeError once nearly all 14,641 are taken."""
    links = apps.get_model("campaigns", "TrackedLink").objects
    for _try in range(MOST_TRIES):
        code = "".join(secrets.choice(SPOKEN_ALPHABET) for _ in range(SPOKEN_LENGTH))
        if not links.filter(spoken=code).exists():
            return code
    raise RuntimeError("There are no spoken codes left.")


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
