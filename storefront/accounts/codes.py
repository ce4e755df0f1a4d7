"""One-time codes: asked for, sent, used once.

Everybody who asks gets one, whether they have an account or not: so nobody learns who has.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from catalog.clock import now
from storefront.accounts.contacts import Reached
from storefront.accounts.models import OneTimeCode
from storefront.accounts.sending import send_code

MINUTES = 10
MOST_TRIES = 5
# Also without Redis, which the limits by address need: each is a mail or a paid text message.
MOST_PER_HOUR = 6
MOST_PER_DAY = 20


class TooManyCodes(Exception):
    """So many codes went to this contact that another has to wait."""


class NotSent(Exception):
    """The code could not be sent: the mail server or the provider did not take it."""


class WrongCode(Exception):
    """Not these digits, or no more: used, expired, tried too often."""


def _digest(uuid: UUID, digits: str) -> str:
    return salted_hmac(
        "storefront.accounts.codes", f"{uuid}:{digits}", algorithm="sha256"
    ).hexdigest()


def ask(to: Reached, purpose: str, language: str, user=None) -> OneTimeCode:
    """Make a code and send it. Call it outside any transaction: it talks to the mail server.

    Raises TooManyCodes and NotSent; then no code is good.
    """
    moment = now()
    sent = OneTimeCode.objects.filter(contact=to.value)
    hour, day = moment - timedelta(hours=1), moment - timedelta(days=1)
    if (
        sent.filter(created_at__gt=hour).count() >= MOST_PER_HOUR
        or sent.filter(created_at__gt=day).count() >= MOST_PER_DAY
    ):
        raise TooManyCodes
    digits = f"{secrets.randbelow(1_000_000):06}"
    code = OneTimeCode(
        purpose=purpose,
        channel=to.channel,
        contact=to.value,
        user=user,
        created_at=moment,
        expires_at=moment + timedelta(minutes=MINUTES),
    )
    code.digest = _digest(code.uuid, digits)
    code.save()
    try:
        send_code(to, digits, language, MINUTES)
    except Exception as error:  # whatever the provider raises
        OneTimeCode.objects.filter(pk=code.pk).update(expires_at=moment)
        raise NotSent from error
    return code


def use(uuid: UUID, digits: str, purpose: str) -> OneTimeCode:
    """Use a code up. Of two who use it at once one wins. Raises WrongCode; each try counts."""
    good = OneTimeCode.objects.filter(
        pk=uuid, purpose=purpose, used_at=None, expires_at__gt=now(), tries__lt=MOST_TRIES
    )
    # The try is counted first and by the database, so that many at once are not more than five.
    if not good.update(tries=F("tries") + 1):
        raise WrongCode
    code = OneTimeCode.objects.get(pk=uuid)
    if not constant_time_compare(code.digest, _digest(code.uuid, digits)):
        raise WrongCode
    if not OneTimeCode.objects.filter(pk=uuid, used_at=None).update(used_at=now()):
        raise WrongCode
    return code


def tries_left(uuid: UUID) -> int:
    """How often a code may still be tried; 0 when it is used or over."""
    good = OneTimeCode.objects.filter(pk=uuid, used_at=None, expires_at__gt=now()).first()
    return max(0, MOST_TRIES - good.tries) if good else 0
