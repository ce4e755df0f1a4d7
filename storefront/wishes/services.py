"""Every write to favourites and reminders."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from catalog.clock import now, today
from catalog.models import Produce
from livestream.sessions.models import LiveSession
from storefront.accounts.contacts import Reached
from storefront.accounts.models import User
from storefront.accounts.privacy import VERSION
from storefront.notifications.models import Message
from storefront.notifications.services import queue
from storefront.wishes.models import Favourite, Reminder
from storefront.wishes.selectors import due, due_livestreams

MOST_FAVOURITES = 500
# Of one person, waiting.
MOST_REMINDERS = 100


class Full(Exception):
    """The person keeps, or waits for, very many already. Nothing changed."""


def keep(user: User, produce: Produce) -> bool:
    """Keep a produce as a favourite. False: it was one already. Raises Full."""
    if Favourite.objects.filter(user=user).count() >= MOST_FAVOURITES:
        raise Full
    _row, made = Favourite.objects.get_or_create(
        user=user, produce=produce, defaults={"created_at": now()}
    )
    return made


def drop(user: User, produce: Produce) -> bool:
    """Take a produce out of the favourites. False: it was none."""
    return bool(Favourite.objects.filter(user=user, produce=produce).delete()[0])


def next_season(produce: Produce, day: date) -> date:
    """The first day of the next season that begins after `day`."""
    year = day.year + (1 if produce.season_from <= day.month else 0)
    return date(year, produce.season_from, 1)


def remind(
    produce: Produce, kind: str, *, user: User | None, guest: Reached | None, language: str
) -> bool:
    """Remind a member, or a guest at an address, of a produce once.

    False: they are reminded already. Raises Full when the person waits for very many, ValueError
    without a person.
    """
    season = next_season(produce, today()) if kind == Reminder.Kind.SEASON else today()
    return _wait(user, guest, kind=kind, produce=produce, season=season, language=language)


def remind_of_livestream(
    session: LiveSession, *, user: User | None, guest: Reached | None, language: str
) -> bool:
    """Remind a member, or a guest at an address, of a livestream once (预约); see `remind`."""
    kind = Reminder.Kind.LIVE
    return _wait(user, guest, kind=kind, session=session, season=today(), language=language)


def _wait(user: User | None, guest: Reached | None, **what: Any) -> bool:
    if (user is None) == (guest is None):
        raise ValueError("Either a member or a guest")
    contact = guest.value if guest else ""
    person = f"user:{user.pk}" if user else contact
    if Reminder.objects.filter(person=person, sent_at=None).count() >= MOST_REMINDERS:
        raise Full
    try:
        with transaction.atomic():
            Reminder.objects.create(
                user=user,
                contact=contact,
                person=person,
                consent_version=VERSION,
                created_at=now(),
                **what,
            )
    except IntegrityError:  # by its unique constraints; also when two forms come at once
        return False
    return True


def forget(user: User, reminder_id: int) -> bool:
    """Take a reminder of one's own out. False: there is none."""
    return bool(Reminder.objects.filter(user=user, pk=reminder_id).delete()[0])


def send_due() -> int:
    """Queue a message for each produce whose time has come; once each. Gives how many."""
    return sum(_send(reminder) for reminder in due())


def send_livestreams() -> int:
    """Queue a message for each livestream that begins; once each. Gives how many."""
    return sum(_send(reminder) for reminder in due_livestreams())


@transaction.atomic
def _send(reminder: Reminder) -> bool:
    """Take the reminder by one conditional UPDATE, so that one of two workers has it alone."""
    mine = Reminder.objects.filter(pk=reminder.pk, sent_at=None).update(sent_at=now())
    if not mine:
        return False
    user = reminder.user
    context: dict[str, Any] = {"produce": reminder.produce_id}
    kind = Message.Kind.REMINDER
    if reminder.session_id:
        context, kind = {"session": reminder.session_id}, Message.Kind.LIVE
    if user:
        context |= {"user": user.pk, "email": user.email or "", "phone": user.phone or ""}
    else:
        context["email" if "@" in reminder.contact else "phone"] = reminder.contact
    context["language"] = (user.language if user else "") or reminder.language
    queue(kind, f"reminder:{reminder.pk}", context=context)
    return True


def forget_reminders(before: datetime) -> int:
    """Delete what was sent, or began to wait, before a time. Gives how many."""
    old = Q(sent_at__lt=before) | Q(sent_at=None, created_at__lt=before)
    return Reminder.objects.filter(old).delete()[0]
