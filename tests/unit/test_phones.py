"""A phone number is the same however it is written: limits per buyer count by it."""

import pytest
from django.core.exceptions import ValidationError

from storefront.accounts.phones import plain_phone, validate_phone


@pytest.mark.parametrize(
    "written",
    [
        "13800000000",
        "+86 138-0000 0000",
        "（0086）13800000000",
        "１３８００００００００",
        "013800000000",
    ],
)
def test_a_number_is_the_same_however_it_is_written(written):
    assert validate_phone(written) == "13800000000"


def test_landlines_and_other_countries_keep_their_codes():
    assert plain_phone("010-8888 8888") == "01088888888"
    assert plain_phone("+852 1234 5678") == "+85212345678"


def test_digits_of_other_scripts_are_no_number():
    with pytest.raises(ValidationError):
        validate_phone("١٣٨٠٠٠٠٠٠٠٠")
