"""Live sessions: their moves, what is prepared for them, and what the database holds."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.forms.models import model_to_dict
from django.utils.translation import override

from catalog.clock import now
from livestream.sessions.models import (
    CueCard,
    LiveSession,
    SessionChannel,
    SessionEvent,
    ShelfItem,
    State,
)
from livestream.sessions.services import (
    MOVES,
    CannotMove,
    CannotSave,
    CardText,
    add_item,
    delete_draft,
    limit_item,
    move,
    remove_channel,
    remove_item,
    save_card,
    save_channel,
    save_session,
    shift_item,
)
from storefront.accounts.models import User
from tests.support import chain
from tests.support.sessions import channel, make_campaign, make_session, plan

pytestmark = pytest.mark.django_db

# The moves that lead to each state.
WAY = {
    "draft": [],
    "scheduled": ["scheduled"],
    "live": ["scheduled", "live"],
    "paused": ["scheduled", "live", "paused"],
    "ended": ["scheduled", "live", "ended"],
    "replay": ["scheduled", "live", "ended", "replay"],
}


@pytest.fixture
def host() -> User:
    return User.objects.create_user(email="host@example.org", password="pears-4-me")


def in_state(state: str, host: User, **more: Any) -> LiveSession:
    session = make_session(**more)
    for to in WAY[state]:
        move(session, to, host, "desk")
    return session


def everything() -> list[Any]:
    """All rows of the app."""
    tables = (LiveSession, SessionEvent, SessionChannel, ShelfItem, CueCard)
    return [list(table._base_manager.order_by("pk").values()) for table in tables]


def set_clock(seconds: int) -> None:
    Path(settings.CLOCK_FILE).write_text(str(seconds))


def test_a_session_from_draft_to_replay_with_every_move_written_down(host, monkeypatch):
    session = make_session()
    begin = now()
    moments = [begin + timedelta(seconds=seconds) for seconds in (0, 10, 70, 100.5, 3610, 90_010)]
    monkeypatch.setattr("livestream.sessions.services.now", lambda: moments.pop(0))

    move(session, "scheduled", host, "desk")
    move(session, "live", None, "ingest")
    move(session, "paused", None, "ingest")
    move(session, "live", host, "desk")
    move(session, "ended", host, "desk")
    event = move(session, "replay", host, "desk")

    columns = ("sequence", "from_state", "to_state", "cause", "actor", "offset_ms")
    assert list(session.events.values_list(*columns)) == [
        (1, "draft", "scheduled", "desk", host.pk, None),
        (2, "scheduled", "live", "ingest", None, 0),
        (3, "live", "paused", "ingest", None, 60_000),
        (4, "paused", "live", "desk", host.pk, 90_500),
        (5, "live", "ended", "desk", host.pk, 3_600_000),
        (6, "ended", "replay", "desk", host.pk, 90_000_000),
    ]
    assert event.at == begin + timedelta(seconds=90_010)
    assert session.started_at == begin + timedelta(seconds=10)
    assert session.ended_at == begin + timedelta(seconds=3610)
    assert model_to_dict(session) == model_to_dict(LiveSession.objects.get())


@pytest.mark.parametrize("start", State.values)
def test_only_the_moves_of_the_table_are_made_and_a_refusal_changes_nothing(start, host):
    session = in_state(start, host)
    before = everything()

    for cause, actor in (("desk", host), ("ingest", None)):
        for to in (*State.values, "nowhere"):
            if cause in MOVES.get((start, to), ()):
                mark = transaction.savepoint()
                move(session, to, actor, cause)
                assert LiveSession.objects.get().state == session.state == to
                transaction.savepoint_rollback(mark)
                session.refresh_from_db()
            else:
                with pytest.raises(CannotMove):
                    move(session, to, actor, cause)
                assert session.state == start
            assert everything() == before


def test_the_table_of_moves():
    both, desk = {"desk", "ingest"}, {"desk"}
    assert {way: set(causes) for way, causes in MOVES.items()} == {
        ("draft", "scheduled"): desk,
        ("scheduled", "draft"): desk,
        ("scheduled", "live"): both,
        ("live", "paused"): both,
        ("paused", "live"): both,
        ("live", "ended"): desk,
        ("paused", "ended"): desk,
        ("ended", "replay"): desk,
        ("replay", "ended"): desk,
    }


def test_a_desk_that_saw_another_state_is_told_what_it_is_now(host):
    session = in_state("paused", host)
    before = everything()

    with override("en"), pytest.raises(CannotMove, match="it is “paused” now"):
        move(session, "ended", host, "desk", seen="live")

    assert everything() == before


@pytest.mark.parametrize(("cause", "has_name"), [("desk", False), ("ingest", True)])
def test_a_move_has_a_name_at_the_desk_and_none_by_signal(cause, has_name, host):
    session = in_state("scheduled", host)
    before = everything()

    with pytest.raises(CannotMove):
        move(session, "live", host if has_name else None, cause)

    assert everything() == before


def test_a_rehearsal_has_no_replay(host):
    session = in_state("ended", host, rehearsal=True)
    before = everything()

    with pytest.raises(CannotMove):
        move(session, "replay", host, "desk")

    assert everything() == before


def test_no_move_is_made_by_the_clock(host):
    session = in_state("scheduled", host)
    before = everything()

    set_clock(30 * 86_400)
    try:
        session.refresh_from_db()
        assert session.state == "scheduled"
        assert everything() == before
        move(session, "live", host, "desk")
    finally:
        set_clock(0)
    # The clock was set back by a month: it ends when it began, not before.
    move(session, "ended", host, "desk")
    assert session.ended_at == session.started_at
    assert session.events.get(to_state="ended").offset_ms == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {event} SET actor_id = NULL",
        "UPDATE {event} SET sequence = 9",
        "DELETE FROM {event}",
        "TRUNCATE {event} CASCADE",
        "UPDATE {session} SET state = 'live', started_at = now()",
        "UPDATE {session} SET state = 'live'",
        "UPDATE {session} SET started_at = now()",
        "UPDATE {session} SET ended_at = now()",
        "UPDATE {session} SET ends_at = starts_at",
        "UPDATE {session} SET state = 'gone'",
        "INSERT INTO {event} (session_id, sequence, from_state, to_state, cause, actor_id, at)"
        " SELECT session_id, 2, to_state, 'draft', cause, actor_id, at FROM {event}",
    ],
)
def test_the_database_holds_states_and_events_together(change, host):
    in_state("scheduled", host)
    before = everything()
    names = {"event": "live_sessions_sessionevent", "session": "live_sessions_livesession"}

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(**names))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert everything() == before


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 0},
        {"sequence": 1},  # there is one already
        {"to_state": "scheduled", "from_state": "scheduled"},
        {"cause": "ingest"},
        {"actor": None},
        {"offset_ms": 5},
        {"to_state": "live"},
        {"offset_ms": -1, "to_state": "live"},
    ],
)
def test_the_database_refuses_events_that_cannot_be(change, host):
    session = in_state("scheduled", host)
    row = {
        "session": session,
        "sequence": 2,
        "from_state": "scheduled",
        "to_state": "draft",
        "cause": "desk",
        "actor": host,
        "at": now(),
    }

    with pytest.raises(IntegrityError), transaction.atomic():
        SessionEvent.objects.create(**(row | change))

    assert session.events.count() == 1


def test_the_database_knows_no_replay_of_a_rehearsal_and_none_that_never_was(host):
    session = in_state("ended", host, rehearsal=True)
    ended = LiveSession.objects.filter(pk=session.pk)

    for change in ({"state": "replay"}, {"ended_at": None}, {"started_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ended.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ended.update(ended_at=session.started_at - timedelta(seconds=1))


# -- what is prepared -----------------------------------------------------------------------------


def test_a_plan_is_refused_where_it_cannot_be(host):
    campaign = make_campaign()
    session = make_session()
    before = everything()
    late, early = campaign.ends_at, campaign.starts_at
    hour = timedelta(hours=1)

    for field, changes in (
        ("ends_at", {"starts_at": now(), "ends_at": now() - hour}),
        ("starts_at", {"starts_at": late - hour, "ends_at": late + hour}),
        ("starts_at", {"starts_at": early - hour, "ends_at": early + hour}),
    ):
        for session_id in (None, session.pk):
            with pytest.raises(CannotSave) as refusal:
                save_session(plan(**changes), session_id)
            assert refusal.value.field == field
            assert everything() == before


@pytest.mark.parametrize("state", ["live", "paused", "ended", "replay"])
def test_what_was_prepared_stays_once_a_session_has_begun(state, host):
    grove, other = chain.make_grove("A"), chain.make_grove("B")
    session = in_state(state, host, channels=1, packs=[grove.pack])
    shown, item = session.channels.get(), session.shelf.get()
    before = everything()

    for act in (
        lambda: save_session(plan(rehearsal=True), session.pk),
        lambda: delete_draft(session.pk),
        lambda: save_channel(session.pk, channel(session)),
        lambda: save_channel(session.pk, channel(session), shown.pk),
        lambda: remove_channel(session.pk, shown.pk),
        lambda: add_item(session.pk, other.pack.pk),
        lambda: limit_item(session.pk, item.pk, 2),
        lambda: shift_item(session.pk, item.pk, up=True),
        lambda: remove_item(session.pk, item.pk),
    ):
        with pytest.raises(CannotSave):
            act()
        assert everything() == before

    if state in ("ended", "replay"):
        with pytest.raises(CannotSave):
            save_card(session.pk, item.pk, CardText(points_zh="甜"))
        assert everything() == before
    else:
        assert save_card(session.pk, item.pk, CardText(points_zh="甜")).points_zh == "甜"


def test_only_a_draft_that_never_moved_is_deleted(host):
    kept = in_state("scheduled", host)
    move(kept, "draft", host, "desk")
    with pytest.raises(CannotSave):
        delete_draft(kept.pk)
    gone = make_session(channels=2, packs=[chain.make_grove().pack])

    delete_draft(gone.pk)

    assert list(LiveSession.objects.all()) == [kept]
    assert (SessionChannel.objects.count(), ShelfItem.objects.count()) == (0, 0)


def test_channels_are_named_once_each(host):
    session = make_session(channels=7)
    assert list(session.channels.values_list("platform", flat=True)) == [
        *("own", "douyin", "kuaishou", "weixin", "qq", "taobao", "pinduoduo")
    ]
    before = everything()

    for wrong in (
        channel(session, "own", account="我们"),
        channel(session, "own", address="https://example.org"),
        channel(session, "own"),
        channel(session, "qq", account=""),
        channel(session, "qq"),
        channel(session, "qq", account="二号", ends_at=session.starts_at),
    ):
        with pytest.raises(CannotSave):
            save_channel(session.pk, wrong)
        assert everything() == before
    # A second account on a platform is another channel.
    save_channel(session.pk, channel(session, "qq", account="二号"))
    for change in ({"account": ""}, {"platform": "own"}, {"ends_at": session.starts_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            session.channels.filter(account="二号").update(**change)


def test_the_shelf_keeps_its_order(host):
    packs = [chain.make_grove(letter).pack for letter in "ABC"]
    session = make_session(packs=packs)

    def order() -> list[tuple[int, int]]:
        return list(session.shelf.values_list("position", "pack"))

    a, b, c = (pack.pk for pack in packs)
    items = {item.pack_id: item.pk for item in session.shelf.all()}

    shift_item(session.pk, items[c], up=True)
    assert order() == [(1, a), (2, c), (3, b)]
    shift_item(session.pk, items[a], up=True)
    shift_item(session.pk, items[b], up=False)
    assert order() == [(1, a), (2, c), (3, b)]
    shift_item(session.pk, items[a], up=False)
    assert order() == [(1, c), (2, a), (3, b)]
    remove_item(session.pk, items[a])
    assert order() == [(1, c), (2, b)]
    assert CueCard.objects.count() == 2
    assert add_item(session.pk, a, 3).position == 3
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_what_the_shop_does_not_sell_and_limits_below_one_are_refused(host):
    packs = [chain.make_grove(letter).pack for letter in "ABC"]
    packs[1].is_public = False
    packs[1].save()
    session = make_session(packs=packs[:1])
    item = session.shelf.get()
    before = everything()

    for pack_id, limit in ((packs[0].pk, None), (packs[1].pk, None), (0, None), (packs[2].pk, 0)):
        with pytest.raises(CannotSave):
            add_item(session.pk, pack_id, limit)
        assert everything() == before
    for limit in (0, -1, 10_000):
        with pytest.raises(CannotSave):
            limit_item(session.pk, item.pk, limit)
    assert everything() == before
    limit_item(session.pk, item.pk, 2)
    assert session.shelf.get().per_buyer == 2
    limit_item(session.pk, item.pk, None)
    assert everything() == before

    for change in ({"per_buyer": 0}, {"position": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            session.shelf.update(**change)


def test_a_card_begins_with_the_villages_that_sell_the_pack():
    grove = chain.make_grove()
    grove.partner.village, grove.partner.village_en = "东阳村", "Dongyang"
    grove.partner.save()

    card = make_session(packs=[grove.pack]).shelf.get().card

    assert (card.village_zh, card.village_en) == ("东阳村", "Dongyang")
    assert (card.points_zh, card.quota_zh) == ("", "")
