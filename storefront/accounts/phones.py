"""Phone numbers as people write them."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# A mobile number, a landline with its area code, or a number of another country.
NUMBER = re.compile(r"1[3-9]\d{9}|0\d{9,11}|\+\d{7,15}", re.ASCII)


def plain_phone(text: str) -> str:
    """The number without spaces, hyphens, brackets and +86: +86 138-0000 0000 → 13800000000.

    In plain digits, so that one number is one buyer: a Chinese keyboard writes １３８, too.
    """
    number = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    number = re.sub(r"^(\+|00)86", "", number)
    # Dialled from afar a mobile number has a 0 in front; no area code begins so.
    return re.sub(r"^0(?=1[3-9][0-9]{9}$)", "", number)


def validate_phone(text: str) -> str:
    """The plain number. Raises ValidationError for what cannot be one."""
    number = plain_phone(text)
    if not NUMBER.fullmatch(number):
        raise ValidationError(
            _("Please give a mobile number of 11 digits, or a landline with its area code."),
            code="phone",
        )
    return number
