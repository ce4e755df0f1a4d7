"""Writes about people."""

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction


class EmailTaken(Exception):
    """Somebody else signed up with this address a moment ago."""


def sign_up(email: str, password: str, language: str):
    """Make a buyer's account. Gives the user; raises EmailTaken."""
    user = get_user_model()(email=email, language=language)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise EmailTaken from error
    return user
