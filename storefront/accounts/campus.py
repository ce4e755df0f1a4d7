"""Campus accounts: whose they are, joined and parted. Found by issuer and subject alone.

The rows are allauth's (`socialaccount.SocialAccount`): `provider` holds the issuer, `uid` the
subject; nothing else that the campus tells is kept there.
"""

from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction

from storefront.accounts import services
from storefront.accounts.contacts import Channel, Reached, texts_are_sent
from storefront.accounts.models import User

LONGEST_UNIT = User._meta.get_field("unit").max_length or 0
LONGEST_NAME = 60


class NotAllowed(Exception):
    """Accounts of this kind may not sign in here."""


class Untrue(Exception):
    """What the campus told does not fit together."""


class KnownHere(Exception):
    """Somebody has an account with this e-mail address, and it is not sure that it is theirs."""


class NoEmail(Exception):
    """The campus told no e-mail address that it confirmed."""


class Taken(Exception):
    """The campus account belongs to another account here, or this one has one already."""


class LastWayIn(Exception):
    """Without it nobody could sign in to this account."""


@dataclass(frozen=True)
class Person:
    """What a campus told of somebody."""

    issuer: str
    subject: str
    email: str = ""  # in lower case; empty unless the campus confirmed it
    unconfirmed: str = ""
    name: str = ""
    unit: str = ""


def name() -> str:
    """What the campus's sign-in is called; empty where there is none."""
    return (settings.CAMPUS_OIDC_NAME or "OpenID Connect") if settings.CAMPUS_OIDC_ISSUER else ""


def person_of(told: dict[str, Any], nonce: str) -> Person:
    """Read what the campus told: {"id_token": claims, "userinfo": claims}.

    Raises Untrue if it is not of this sign-in, and NotAllowed.
    """
    token, more = told.get("id_token") or {}, told.get("userinfo") or {}
    subject = token.get("sub")
    if not nonce or token.get("nonce") != nonce or not isinstance(subject, str) or not subject:
        raise Untrue
    if more and more.get("sub") != subject:
        raise Untrue
    claims = {**token, **more}
    email = _text(claims, "email", 254).lower()
    confirmed = claims.get("email_verified") is True
    domains = {domain.strip().lower() for domain in settings.CAMPUS_OIDC_DOMAINS}
    if domains and (not confirmed or email.rpartition("@")[2] not in domains):
        raise NotAllowed
    unit = settings.CAMPUS_OIDC_UNIT_CLAIM
    return Person(
        settings.CAMPUS_OIDC_ISSUER,
        subject,
        email if confirmed else "",
        "" if confirmed else email,
        _text(claims, "name", LONGEST_NAME),
        _text(claims, unit, LONGEST_UNIT) if unit else "",
    )


def _text(claims: dict[str, Any], claim: str, longest: int) -> str:
    value = claims.get(claim)
    if isinstance(value, list) and value:
        value = value[0]
    return value.strip()[:longest] if isinstance(value, str) else ""


def account_of(user: User) -> SocialAccount | None:
    """The person's campus account, if they joined one of today's campus."""
    return SocialAccount.objects.filter(user=user, provider=settings.CAMPUS_OIDC_ISSUER).first()


def find(person: Person) -> User | None:
    """Whose campus account this is; or whose e-mail address both sides proved: it is joined.

    None: nobody's yet. Raises KnownHere and NoEmail, when no account can be made of it.
    """
    known = SocialAccount.objects.filter(provider=person.issuer, uid=person.subject)
    row = known.select_related("user").first()
    if row is not None:
        _note_unit(row.user, person)
        return row.user
    email = person.email or person.unconfirmed
    user = services.user_by(Reached(Channel.MAIL, email)) if email else None
    if user is None:
        if not person.email:
            raise NoEmail
        return None
    if not person.email or not user.has_proved_email or account_of(user):
        raise KnownHere
    join(user, person)
    return user


@transaction.atomic
def make(person: Person, language: str) -> User:
    """An account for somebody new, who agreed to the notice. Raises services.ContactTaken."""
    user = services.make_account(Reached(Channel.MAIL, person.email), language)
    user.first_name = person.name
    user.save(update_fields=["first_name"])
    join(user, person)
    return user


@transaction.atomic
def join(user: User, person: Person) -> None:
    """Let somebody sign in with their campus account from now on. Raises Taken."""
    User.objects.select_for_update().get(pk=user.pk)
    there = account_of(user)
    if there is not None and there.uid != person.subject:
        raise Taken
    try:
        with transaction.atomic():
            row, _made = SocialAccount.objects.get_or_create(
                provider=person.issuer, uid=person.subject, defaults={"user": user}
            )
    except IntegrityError as error:  # two at once
        raise Taken from error
    if row.user_id != user.pk:
        raise Taken
    _note_unit(user, person)


def _note_unit(user: User, person: Person) -> None:
    if person.unit and user.unit != person.unit:
        user.unit = person.unit
        user.save(update_fields=["unit"])


@transaction.atomic
def part(user: User) -> None:
    """Sign in without the campus from now on. Raises LastWayIn."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    by_phone = bool(fresh.phone) and texts_are_sent()
    if not (fresh.has_usable_password() or fresh.email or by_phone):
        raise LastWayIn
    SocialAccount.objects.filter(user=fresh, provider=settings.CAMPUS_OIDC_ISSUER).delete()


def campus_data(user: User) -> list[dict[str, Any]]:
    """What a person's copy of their data says of their campus accounts."""
    rows = SocialAccount.objects.filter(user=user).order_by("pk")
    return [{"campus": row.provider, "subject": row.uid, "since": row.date_joined} for row in rows]
