"""Writes about people and their accounts."""

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.http import HttpRequest
from django.urls import reverse

from catalog.clock import now
from storefront.accounts import second_step
from storefront.accounts.contacts import Reached
from storefront.accounts.models import Consent, User
from storefront.accounts.privacy import VERSION


class ContactTaken(Exception):
    """Somebody has an account with this e-mail address or number."""


def user_by(contact: Reached) -> User | None:
    """Whose e-mail (any case) or phone this is."""
    users = get_user_model()._default_manager
    match = Q(email__iexact=contact.value) if contact.is_mail else Q(phone=contact.value)
    return users.filter(match).first()


@transaction.atomic
def make_account(contact: Reached, language: str, password: str = "") -> User:
    """A buyer's account for a contact that its owner proved, with consent to today's notice.

    Raises ContactTaken. Without a password the person signs in by codes.
    """
    user = User(language=language)
    _set_contact(user, contact)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    _save_contact(user)
    consent(language, Consent.Place.SIGN_UP, user=user)
    return user


def consent(language: str, place: str, user: User | None = None, attempt=None) -> None:
    """Write down that somebody agreed to the notice that holds today; an attempt's is one."""
    values = {
        "user": user,
        "place": place,
        "version": VERSION,
        "language": language,
        "given_at": now(),
    }
    if attempt is None:
        Consent.objects.create(**values)
    else:
        Consent.objects.get_or_create(attempt=attempt, defaults=values)


def sign_in(request: HttpRequest, user: User, then: str, by_code: bool = False) -> str:
    """Sign somebody in who passed the first step, whichever it was. Gives where they go on.

    Who has a second factor is not signed in yet: they go to the second step, and then on.
    `by_code`: a code proved one of their contacts this moment.
    """
    if user.second_factor_at is not None:
        second_step.hold(request, user, then, by_code)
        return reverse("accounts:second-step")
    second_step.let_in(request, user, by_code)
    return then


def note_proved(user: User, contact: Reached) -> None:
    """Note that an e-mail address is surely theirs."""
    if contact.is_mail and user.proved_email != contact.value:
        user.proved_email = contact.value
        user.save(update_fields=["proved_email"])


def end_all_sessions(user: User) -> None:
    """Sign the person out everywhere: no session from before is good any more."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])


@transaction.atomic
def set_password(user: User, password: str) -> None:
    """Another password; all sessions end but the one that the caller keeps."""
    user.set_password(password)
    user.save(update_fields=["password"])


@transaction.atomic
def change_contact(user: User, contact: Reached) -> None:
    """Another e-mail address or phone, proved by a code. Raises ContactTaken."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    _set_contact(fresh, contact)
    _save_contact(fresh)


def _set_contact(user: User, contact: Reached) -> None:
    if contact.is_mail:
        user.email = user.proved_email = contact.value
    else:
        user.phone = contact.value


def _save_contact(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise ContactTaken from error


def set_profile(user: User, first_name: str, unit: str, language: str) -> None:
    """How we address somebody, who they belong to, and in which language we write."""
    user.first_name, user.unit, user.language = first_name, unit, language
    user.save(update_fields=["first_name", "unit", "language"])


def set_language(user: User, language: str) -> None:
    """In which language we write to somebody, from now on."""
    user.language = language
    user.save(update_fields=["language"])
