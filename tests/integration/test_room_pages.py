"""The public page of a live room, its chat, and its control desk."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from catalog.clock import now
from livestream.room import chat, events, wire
from livestream.room.embeds import player_of
from livestream.room.models import ChatMessage, Mute, RoomMinute, ShelfEvent, Visit
from livestream.room.selectors import room_state
from livestream.sessions.models import LiveSession
from livestream.sessions.services import move, save_channel
from storefront.accounts.models import User
from storefront.accounts.retention import forget
from storefront.accounts.roles import Role
from tests.support import chain
from tests.support.sessions import channel, make_session
from tests.support.staff import person

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


@pytest.fixture
def host() -> User:
    return person(Role.EDITOR)


def live(host: User, *letters: str, to: tuple[str, ...] = ("scheduled", "live"), **more: Any):
    session = make_session(packs=[chain.make_grove(letter).pack for letter in letters], **more)
    for state in to:
        move(session, state, host, "desk")
    return session


def english() -> Client:
    return Client(headers={"accept-language": "en"})


def at(session: LiveSession, name: str = "room") -> str:
    return reverse(f"room:{name}", args=[session.pk])


@pytest.mark.parametrize("count", [1, 6])
def test_who_comes_late_sees_the_room_as_it_is(host, count, django_assert_max_num_queries):
    letters = "ABCDEF"[:count]
    session = live(host, *letters)
    last = session.shelf.last()
    events.pin(session.pk, last.pk, host)
    events.notice(session.pk, "<b>上新</b>", host)
    for number in range(count):
        chat.say(session.pk, chat.Author(f"g{number}", None, "小禾"), f"甜吗{number}")
    client = english()
    client.get(at(session))

    with django_assert_max_num_queries(24):
        page = client.get(at(session)).content.decode()

    first = page.split("data-item=")[1]
    assert first.startswith(f'"{last.pk}"')
    assert page.count("is-pinned") == 1
    assert page.count("data-item=") == count
    assert page.count("data-message=") == count
    assert "&lt;b&gt;上新&lt;/b&gt;" in page
    assert page.count("/buy/") == 2 * count


def test_a_draft_is_nobodys_and_a_rehearsal_sells_nothing(host):
    draft = make_session(packs=[chain.make_grove("A").pack])
    assert english().get(at(draft)).status_code == 404
    assert english().get(at(draft, "now")).status_code == 404
    staff = english()
    staff.force_login(host)
    assert staff.get(at(draft)).status_code == 200

    rehearsal = live(host, "B", rehearsal=True)
    page = english().get(at(rehearsal)).content.decode()
    assert "Rehearsal: nothing is sold" in page
    assert "/buy/" not in page
    assert not Visit.objects.exists()
    chat.keep_minute(rehearsal.pk, 5, 5)
    assert not RoomMinute.objects.exists()


def test_viewers_are_counted_once_and_their_views_each(host):
    session = live(host, "A")
    one, two = english(), english()
    for client in (one, one, two, one):
        client.get(at(session))
    one.head(at(session))
    assert sorted(Visit.objects.values_list("views", flat=True)) == [1, 3]
    other = live(host, "B")
    one.get(at(other))
    # What is kept of a browser in one room says nothing of it in another.
    assert Visit.objects.values("visitor").distinct().count() == 3
    move(session, "ended", host, "desk")
    english().get(at(session))
    assert Visit.objects.filter(session=session).count() == 2


def test_now_json_is_kept_for_a_second_and_has_a_tag(host):
    session = live(host, "A")
    client = english()
    answer = client.get(at(session, "now"))
    said = answer.json()
    item = session.shelf.get()
    assert said["room"] == room_state(session.pk).plain()
    assert said["figures"]["shelf"][str(item.pk)]["price"] == item.pack.offer_fen
    again = client.get(at(session, "now"), headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    # So the stream's processes know the room.
    assert json.loads(wire.line().hget(wire.state_key(session.pk), "room")) == said["room"]


def test_without_redis_the_room_is_there(host, settings):
    session = live(host, "A")
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    wire.line.cache_clear()
    try:
        assert english().get(at(session)).status_code == 200
        assert english().get(at(session, "now")).json()["room"]["state"] == "live"
        assert english().post(at(session, "like")).status_code == 302
    finally:
        wire.line.cache_clear()


def test_a_guest_and_a_member_talk(host, django_capture_on_commit_callbacks):
    session = live(host, "A")
    guest, member = english(), english()
    member.force_login(User.objects.create_user(email="m@example.org", password="pears-4-me"))
    assert guest.post(at(session, "say"), {"name": "小禾", "text": "好"}, headers=JSON).json() == {
        "error": "Open the room's page first."
    }
    guest.get(at(session))
    with django_capture_on_commit_callbacks(execute=True):
        answer = guest.post(at(session, "say"), {"name": "小禾", "text": " <i>甜</i> 吗 "})
    assert answer.status_code == 302
    assert member.post(at(session, "say"), {"name": "老李", "text": "甜"}, headers=JSON).json() == {
        "error": ""
    }

    first, second = ChatMessage.objects.order_by("pk")
    assert (first.user, first.author[0], first.text) == (None, "g", "<i>甜</i> 吗")
    assert (second.user.email, second.author) == ("m@example.org", f"u{second.user.pk}")
    page = guest.get(at(session)).content.decode()
    assert "&lt;i&gt;甜&lt;/i&gt; 吗" in page
    assert 'value="小禾"' in page
    _, told = wire.line().xrevrange(wire.stream_key(session.pk), count=1)[0]
    assert (told["kind"], json.loads(told["data"])) == ("chat", chat.plain(first))
    assert chat.chat_data(second.user)[0]["text"] == "甜"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("傻 逼", "abuse"),
        ("TMD 太贵", "abuse"),
        ("打 13812345678 给我", "contact"),
        ("加我微信 abc12345", "contact"),
        ("看 www.other.cn", "link"),
        ("other.com/abc 便宜", "link"),
        ("这个梨 2.5 斤一箱吗", ""),
        ("沙比亚产的吗，3.8 折", ""),
        ("微信支付可以吗", ""),
        ("I grew up with these", ""),
        ("Is shipping included?", ""),
    ],
)
def test_words_that_nobody_may_say(text, reason):
    assert chat.blocked(text) == reason


def test_what_may_not_be_said_is_refused_and_not_kept(host, monkeypatch):
    session = live(host, "A")
    author = chat.Author("g1", None, "小禾")
    moment = now()
    monkeypatch.setattr(chat, "now", lambda: moment)
    chat.say(session.pk, author, "好吃")
    for name, text in (
        ("小禾", "又来"),  # within a second
        ("", "好"),
        ("小禾", "  "),
        ("小" * 21, "好"),
        ("小禾", "好" * 201),
        ("加微信", "www.x.cn"),
        ("www.x.cn", "好"),
    ):
        with pytest.raises(chat.CannotSay):
            chat.say(session.pk, chat.Author("g1", None, name), text)
    moment += timedelta(seconds=2)
    with pytest.raises(chat.CannotSay, match="|".join(["just said", "刚"])):
        chat.say(session.pk, author, "好吃")
    events.set_chat(session.pk, True, 30, host)
    with pytest.raises(chat.CannotSay):
        chat.say(session.pk, author, "慢")
    moment += timedelta(seconds=29)
    chat.say(session.pk, author, "慢")
    events.set_chat(session.pk, False, 0, host)
    moment += timedelta(seconds=60)
    with pytest.raises(chat.CannotSay):
        chat.say(session.pk, author, "关了")
    assert [one.text for one in ChatMessage.objects.order_by("pk")] == ["好吃", "慢"]


def test_likes_are_counted_in_tens_and_only_while_it_is_live(host):
    session = live(host, "A")
    client = english()
    client.get(at(session))
    assert client.post(at(session, "like"), {"count": "7"}, headers=JSON).status_code == 204
    client.post(at(session, "like"), {"count": "100000"})
    client.post(at(session, "like"), {"count": "-3"})
    assert wire.counted(session.pk) == (0, 18)
    client.post(at(session, "like"), {"count": "9" * 5000})
    assert wire.counted(session.pk) == (0, 28)
    move(session, "ended", host, "desk")
    client.post(at(session, "like"))
    assert wire.counted(session.pk) == (0, 28)


def test_a_byte_that_no_text_has_is_no_error_in_the_chat(host):
    session = live(host, "A")
    client = english()
    client.get(at(session))
    client.post(at(session, "say"), {"name": "小\0禾", "text": "甜\0吗"})
    client.post(at(session, "say"), {"name": "\0", "text": "\0"})
    events.notice(session.pk, "上\0新", host)
    said = ChatMessage.objects.get()
    assert (said.name, said.text) == ("小 禾", "甜 吗")
    assert room_state(session.pk).notice == "上 新"


def test_the_stream_knows_nothing_of_a_draft_that_staff_look_at(host):
    session = live(host, "A", to=())
    staff = english()
    staff.force_login(host)

    assert staff.get(at(session)).status_code == 200

    assert wire.line().hgetall(wire.state_key(session.pk)) == {}


@pytest.fixture
def desk(host: User) -> Client:
    client = english()
    client.force_login(host)
    return client


def do(desk: Client, session: LiveSession, what: str, **more: Any) -> str:
    """Press a button; what the desk is told."""
    address = reverse("desk:act", args=[session.pk])
    return desk.post(address, {"do": what} | more, headers=JSON).json()["error"]


def test_a_session_is_run_from_the_desk(desk, host):
    session = live(host, "A", "B", "C")
    one, two, three = session.shelf.values_list("pk", flat=True)
    assert do(desk, session, "pin", item=two) == ""
    assert do(desk, session, "down", item=one, seen=3) == ""
    assert do(desk, session, "up", item=two, seen=4) == ""  # it is the first
    assert "Look again" in do(desk, session, "down", item=one, seen=3)
    assert do(desk, session, "notice", text="上新") == ""
    assert do(desk, session, "undo", seen=5) == ""
    assert do(desk, session, "chat-open", slow=20) == ""
    assert do(desk, session, "move", to="paused", state="live") == ""
    assert "Someone else" in do(desk, session, "move", to="live", state="live")
    state = room_state(session.pk)
    assert (state.state, state.pinned, state.order) == ("paused", two, [two, one, three])
    assert (state.notice, state.slow_seconds) == ("", 20)

    page = desk.get(reverse("desk:desk", args=[session.pk])).content.decode()
    part = desk.get(reverse("desk:desk", args=[session.pk]), {"part": "1"}).content.decode()
    for shown in (page, part):
        assert "Undo no. 7: chat" in shown
        assert shown.count('class="is-pinned"') == 1
    assert "<html" not in part


@pytest.mark.parametrize(
    ("typed", "fen"), [("19.9", 1990), ("¥20", 2000), ("-20%", 2064), ("8.5折", 2193)]
)
def test_a_flash_price_is_typed_as_a_host_says_it(typed, fen):
    assert events.price_of(typed, 2580) == fen


@pytest.mark.parametrize("typed", ["", "20%", "-5", "nothing", "1e3", "-20折", "1.234"])
def test_a_flash_price_that_nobody_says_is_refused(typed):
    with pytest.raises(events.CannotDo):
        events.price_of(typed, 2580)


def test_a_flash_price_begins_and_ends_at_the_desk(desk, host):
    session = live(host, "A")
    item = session.shelf.get()
    item.pack.stockrecords.update(price=Decimal("10.00"))
    asked = {"item": item.pk, "minutes": 5, "quantity": 10, "per_buyer": 2}
    assert "Type a price" in do(desk, session, "flash", price="cheap", **asked)
    assert do(desk, session, "flash", price="-10%", **asked) == ""
    assert "running" in do(desk, session, "flash", price="-20%", **asked)
    flash = item.flash_prices.get()
    assert (flash.quantity, flash.per_buyer, flash.actor) == (10, 2, host)
    told = english().get(at(session, "now")).json()["figures"]["shelf"][str(item.pk)]
    assert told["price"] == flash.price_fen == item.pack.offer_fen * 9 // 10
    assert (told["full"], told["flash"]) == (item.pack.offer_fen, 10)
    page = desk.get(reverse("desk:desk", args=[session.pk])).content.decode()
    assert "End the flash price" in page

    assert do(desk, session, "flash-end", item=item.pk) == ""
    assert do(desk, session, "flash-end", item=item.pk) == ""
    kinds = list(session.shelf_events.values_list("kind", flat=True))
    assert kinds == ["state", "state", "flash", "flash_end"]
    assert "Flash price" in english().get(at(session)).content.decode()


def test_a_desk_hides_and_mutes(desk, host):
    session = live(host, "A")
    author = chat.Author("g1", None, "小禾")
    bad, other = (
        chat.say(session.pk, author, "一"),
        chat.say(session.pk, chat.Author("g2", None, "老李"), "二"),
    )
    do(desk, session, "hide", message=other.pk)
    assert [one.pk for one in chat.latest(session.pk)] == [bad.pk]
    do(desk, session, "mute", message=bad.pk)
    do(desk, session, "mute", message=bad.pk)
    assert chat.latest(session.pk) == []
    with pytest.raises(chat.CannotSay):
        chat.say(session.pk, author, "三")
    muted = Mute.objects.get()
    assert (muted.name, muted.by) == ("小禾", host)
    do(desk, session, "unmute", mute=muted.pk)
    with pytest.raises(chat.CannotSay, match="\\d"):
        chat.say(session.pk, author, "四")  # too soon after the first, not muted
    assert Mute.objects.filter(lifted_by=host).count() == 1


def test_nothing_of_another_session_is_touched_from_a_desk(desk, host):
    session, other = live(host, "A"), live(host, "B")
    foreign = chat.say(other.pk, chat.Author("g1", None, "小禾"), "一")
    muted = Mute.objects.create(session=other, author="g9", name="x", at=now(), by=host)
    before = ShelfEvent.objects.count()
    assert do(desk, session, "pin", item=other.shelf.get().pk) != ""
    do(desk, session, "up", item=other.shelf.get().pk, seen=2)
    do(desk, session, "hide", message=foreign.pk)
    do(desk, session, "mute", message=foreign.pk)
    do(desk, session, "unmute", mute=muted.pk)
    do(desk, session, "nothing")
    foreign.refresh_from_db()
    muted.refresh_from_db()
    assert (foreign.hidden_at, muted.lifted_at) == (None, None)
    assert (Mute.objects.count(), ShelfEvent.objects.count()) == (1, before)


def test_the_desk_is_not_an_auditors(host):
    session = live(host, "A")
    client = english()
    client.force_login(person(Role.AUDITOR))
    before = ShelfEvent.objects.count()
    desk = reverse("desk:desk", args=[session.pk])
    assert client.get(desk).status_code in (302, 403)
    answer = client.post(reverse("desk:act", args=[session.pk]), {"do": "unpin"})
    assert answer.status_code in (302, 403)
    assert ShelfEvent.objects.count() == before


def test_the_desk_without_scripts_says_why_not(desk, host):
    session = live(host, "A")
    page = desk.post(
        reverse("desk:act", args=[session.pk]), {"do": "undo", "seen": "9"}, follow=True
    ).content.decode()
    assert "Something else happened since. Look again." in page


def test_channels_elsewhere_are_played_or_scanned(host):
    session = make_session()
    save_channel(session.pk, channel(session, "douyin", address="https://v.douyin.com/abc/"))
    bilibili = "https://www.bilibili.com/video/BV1xx411c7mD"
    save_channel(session.pk, channel(session, "qq", address=bilibili))
    move(session, "scheduled", host, "desk")
    page = english().get(at(session)).content.decode()
    assert 'data-video="https://player.bilibili.com/player.html?bvid=BV1xx411c7mD' in page
    assert page.count('class="room-qr"') == 2
    assert player_of("https://evil.example/bilibili.com/video/BV1xx411c7mD") == ""
    assert player_of("https://v.qq.com/x/page/a0123456789.html").startswith("https://v.qq.com/txp")


def test_beside_our_own_video_others_are_played_in_their_cards(host):
    session = make_session()
    save_channel(session.pk, channel(session, "own"))
    bilibili = "https://www.bilibili.com/video/BV1xx411c7mD"
    save_channel(session.pk, channel(session, "bilibili", address=bilibili))
    move(session, "scheduled", host, "desk")
    page = english().get(at(session)).content.decode()
    assert page.count('data-video="https://player.bilibili.com/') == 1
    assert page.index('id="room-elsewhere"') < page.index("data-video=")


def test_chat_is_kept_three_years_and_then_forgotten(host):
    session = live(host, "A")
    chat.say(session.pk, chat.Author("g1", None, "小禾"), "一")
    Mute.objects.create(session=session, author="g1", name="小禾", at=now(), by=host)
    days = settings.RETENTION_DAYS["chat"]
    assert days >= 3 * 365 + 1
    for ahead, left in ((days - 1, 1), (days + 1, 0)):
        Path(settings.CLOCK_FILE).write_text(str(ahead * 86_400))
        forget()
        assert (ChatMessage.objects.count(), Mute.objects.count()) == (left, left)
