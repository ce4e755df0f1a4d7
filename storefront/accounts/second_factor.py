"""The second factor: six digits of an app on the phone (TOTP, RFC 6238), or a recovery code.

The rows are allauth's (`mfa.Authenticator`), so are the digits and the recovery codes; that a code
is good once, also when the cache is lost, and that nobody tries many, is held by the row itself.
"""

import base64
import logging
from enum import Enum
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare
from wagtail.log_actions import log

from catalog.clock import now
from storefront.accounts.models import User
from storefront.accounts.services import end_all_sessions

STEP_SECONDS = 30
# The phone's clock may be so many steps off.
STEPS_OFF = 1
DIGITS = 6
# Also without Redis, which the limits by address need.
MOST_TRIES, TRIES_SECONDS = 5, 10 * 60
RESET = "accounts.second_factor_reset"

logger = logging.getLogger(__name__)


class WrongDigits(Exception):
    """Not this code, or no more: used already, or of another time."""


class TooManyTries(Exception):
    """So many wrong codes that the next has to wait."""


class AlreadySetUp(Exception):
    """This person has a second factor."""


class Secrets(DefaultMFAAdapter):
    """What allauth asks: how secrets are kept, and what an app shows beside the digits."""

    def encrypt(self, text: str) -> str:
        """By SECOND_FACTOR_KEY, or SECRET_KEY where there is none."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """By any of today's keys. Raises InvalidToken."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: Any) -> str:
        """The name that the person signs in with."""
        return user.email or user.phone

    def get_totp_issuer(self) -> str:
        """The site's name, the university's first."""
        return f"{settings.UNIVERSITY_NAME} {settings.OSCAR_SHOP_NAME}".strip()


def _cipher() -> MultiFernet:
    keys = [settings.SECOND_FACTOR_KEY, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys if key])


def _derived(key: str) -> bytes:
    made = HKDF(SHA256(), length=32, salt=None, info=b"storefront.accounts.second_factor")
    return base64.urlsafe_b64encode(made.derive(key.encode()))


def new_secret() -> str:
    """A secret for an app: 160 bits in base 32."""
    return generate_totp_secret()


def address_of(user: User, secret: str) -> str:
    """What the QR code says: otpauth://…"""
    return get_adapter().build_totp_url(user, secret)


def digits_at(secret: str, step: int) -> str:
    """The six digits of a secret in one step of 30 seconds since 1970."""
    return format_hotp_value(hotp_value(secret, step))


def step_now() -> int:
    """The present step."""
    return int(now().timestamp()) // STEP_SECONDS


def _step_of(secret: str, digits: str) -> int | None:
    """The step, about now, whose digits these are."""
    present = step_now()
    found = None
    for step in range(present - STEPS_OFF, present + STEPS_OFF + 1):
        if constant_time_compare(digits_at(secret, step), digits):
            found = step
    return found


def _rows(user: User) -> Any:
    return Authenticator.objects.filter(user=user)


@transaction.atomic
def set_up(user: User, secret: str, digits: str) -> list[str]:
    """Set a person's second factor up, which the digits prove. Gives the recovery codes.

    Raises WrongDigits and AlreadySetUp.
    """
    fresh = User.objects.select_for_update().get(pk=user.pk)
    if fresh.second_factor_at is not None:
        raise AlreadySetUp
    step = _step_of(secret, digits)
    if step is None:
        raise WrongDigits
    data = {"secret": get_adapter().encrypt(secret), "step": step, "tries": 0, "tries_since": 0}
    _rows(user).delete()
    Authenticator.objects.create(
        user=fresh, type=Authenticator.Type.TOTP, data=data, created_at=now()
    )
    codes = RecoveryCodes.activate(fresh).get_unused_codes()
    user.second_factor_at = fresh.second_factor_at = now()
    fresh.save(update_fields=["second_factor_at"])
    return codes


class _Outcome(Enum):
    GOOD = "good"
    WRONG = "wrong"
    TOO_MANY = "too many"


def use(user: User, typed: str) -> None:
    """Use a code up: the app's six digits or a recovery code. Of two at once one wins.

    Raises WrongDigits and TooManyTries; each wrong one counts.
    """
    outcome = _try(user, typed)
    if outcome is _Outcome.TOO_MANY:
        raise TooManyTries
    if outcome is _Outcome.WRONG:
        raise WrongDigits


@transaction.atomic
def _try(user: User, typed: str) -> _Outcome:
    row = _rows(user).select_for_update().filter(type=Authenticator.Type.TOTP).first()
    if row is None:
        return _Outcome.WRONG
    moment = int(now().timestamp())
    if moment - row.data["tries_since"] >= TRIES_SECONDS:
        row.data |= {"tries": 0, "tries_since": moment}
    if row.data["tries"] >= MOST_TRIES:
        return _Outcome.TOO_MANY
    good = _is_good(row, typed)
    if good:
        row.last_used_at = now()
    row.data["tries"] = 0 if good else row.data["tries"] + 1
    row.save()
    return _Outcome.GOOD if good else _Outcome.WRONG


def _is_good(row: Authenticator, typed: str) -> bool:
    try:
        if len(typed) != DIGITS:
            codes = _rows(row.user).filter(type=Authenticator.Type.RECOVERY_CODES).first()
            return codes is not None and RecoveryCodes(codes).validate_code(typed)
        step = _step_of(get_adapter().decrypt(row.data["secret"]), typed)
    except InvalidToken:
        logger.error("The second factor of user %s was kept by another key.", row.user_id)
        return False
    if step is None or step <= row.data["step"]:
        return False
    row.data["step"] = step
    return True


def codes_left(user: User) -> int:
    """How many recovery codes are still good."""
    row = _rows(user).filter(type=Authenticator.Type.RECOVERY_CODES).first()
    try:
        return len(RecoveryCodes(row).get_unused_codes()) if row else 0
    except InvalidToken:
        return 0


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """Other recovery codes; the old ones are good no more."""
    _rows(user).filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    return RecoveryCodes.activate(user).get_unused_codes()


def good_codes(user: User) -> list[str]:
    """The recovery codes that are still good, to be shown just after they were made."""
    row = _rows(user).filter(type=Authenticator.Type.RECOVERY_CODES).first()
    return RecoveryCodes(row).get_unused_codes() if row else []


@transaction.atomic
def turn_off(user: User) -> None:
    """Sign in by one step from now on."""
    _rows(user).delete()
    User.objects.filter(pk=user.pk).update(second_factor_at=None)
    user.second_factor_at = None


@transaction.atomic
def reset(user: User, by: User) -> None:
    """Take a lost second factor from a colleague: signed out everywhere; who did it is logged."""
    turn_off(user)
    end_all_sessions(user)
    log(instance=user, action=RESET, user=by)
    logger.warning("The second factor of user %s was reset by user %s.", user.pk, by.pk)


def second_step_data(user: User) -> dict[str, Any]:
    """What a person's copy of their data says of it: never the secrets."""
    last = _rows(user).filter(type=Authenticator.Type.TOTP).values_list("last_used_at", flat=True)
    return {
        "since": user.second_factor_at,
        "last_used": last.first(),
        "recovery_codes_left": codes_left(user),
    }
