"""Reads of favourites and reminders."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from catalog.clock import now, today
from catalog.models import Produce, Product
from cooperatives.partner.selectors import available_packs
from livestream.sessions.models import State
from storefront.accounts.models import User
from storefront.wishes.models import Favourite, Reminder

MOST_AT_ONCE = 2_000
# How long before a livestream its reminders go out.
AHEAD = timedelta(minutes=15)


def favourite_codes(user: User) -> list[str]:
    """The codes of the produce that a member keeps. One query."""
    return list(Favourite.objects.filter(user=user).values_list("produce__code", flat=True))


def waiting(user: User) -> list[Reminder]:
    """What a member waits for. One query."""
    rows = Reminder.objects.filter(user=user, sent_at=None).select_related("produce", "session")
    return list(rows)


def sold_now(produce: Iterable[int]) -> set[int]:
    """Of these produce those of which a pack can be bought now. A few queries."""
    rows = Product.objects.filter(produce__in=list(produce), is_public=True)
    packs = dict(rows.values_list("pk", "produce_id"))
    left = available_packs(packs)
    return {packs[pk] for pk, count in left.items() if count > 0}


def due() -> list[Reminder]:
    """Produce to tell of now: the season has begun, or it was missing, and it can be bought."""
    rows = list(
        Reminder.objects.filter(sent_at=None, season__lte=today(), session=None)
        .exclude(user__is_active=False)
        .select_related("user", "produce")
        .order_by("pk")[:MOST_AT_ONCE]
    )
    there = sold_now(one.produce_id for one in rows if one.produce_id)
    month = today().month
    return [
        one
        for one in rows
        if one.produce
        and one.produce_id in there
        and (one.kind == Reminder.Kind.STOCK or one.produce.in_season(month))
    ]


def due_livestreams() -> list[Reminder]:
    """Livestreams to tell of now: they have begun, or begin within a quarter of an hour."""
    soon = Q(session__state=State.SCHEDULED, session__starts_at__lte=now() + AHEAD)
    begun = Q(session__state__in=[State.LIVE, State.PAUSED])
    rows = (
        Reminder.objects.filter(soon | begun, sent_at=None, session__rehearsal=False)
        .exclude(user__is_active=False)
        .select_related("user")
        .order_by("pk")
    )
    return list(rows[:MOST_AT_ONCE])


def is_sold_out(produce: Produce) -> bool:
    """Whether no pack of a produce can be bought now."""
    return produce.pk not in sold_now([produce.pk])


def kinds_for(produce: Produce) -> list[str]:
    """Of what one can be reminded: first what is nearer. Nothing when it can be had all year."""
    all_year = all(produce.in_season(month) for month in range(1, 13))
    kinds: list[str] = [] if all_year else [Reminder.Kind.SEASON]
    if is_sold_out(produce):
        ripe = produce.in_season(today().month)
        kinds.insert(0 if ripe else len(kinds), Reminder.Kind.STOCK)
    return kinds


def favourites_data(user: User) -> list[dict[str, Any]]:
    """A member's favourites, for the copy of their data."""
    return list(user.favourites.values("produce__code", "created_at"))


def reminders_data(user: User) -> list[dict[str, Any]]:
    """A member's reminders, for the copy of their data."""
    return list(
        user.reminders.values(
            "produce__code", "session__title_zh", "kind", "season", "created_at", "sent_at"
        )
    )
