"""Who may send a session's video, what media servers ask, and what it does to the session."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from livestream.sessions.models import LiveSession
from livestream.sessions.services import move, save_channel
from livestream.video import services
from livestream.video.models import Ingest, Publisher, Signal
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from tests.support.sessions import channel, make_session

pytestmark = pytest.mark.django_db
SECRET = "between-us"


@pytest.fixture(autouse=True)
def media_server(settings: Any) -> None:
    settings.LIVE_INGEST_SECRET = SECRET
    settings.LIVE_RTMP_URL = "rtmp://video.example.org/ingest"
    settings.LIVE_VIDEO_URL = "https://video.example.org/"


@pytest.fixture
def host() -> User:
    user = User.objects.create_user(email="host@example.org", password="pears-4-me", language="en")
    user.is_staff = True
    user.save()
    user.groups.add(seed_roles()[Role.EDITOR])
    return user


@pytest.fixture
def session(host: User) -> LiveSession:
    """One that is scheduled, in our own room."""
    made = make_session()
    save_channel(made.pk, channel(made, "own"))
    move(made, "scheduled", host, "desk")
    return made


@pytest.fixture
def key(session: LiveSession, host: User) -> str:
    return services.new_key(session.pk, host)


def state(session: LiveSession) -> str:
    return LiveSession.objects.get(pk=session.pk).state


def told(session: LiveSession) -> list[tuple[str, str]]:
    return list(session.signals.values_list("kind", "reason"))


def nginx(client: Client, call: str, key: str, number: int = 1, secret: str = SECRET) -> Any:
    return client.post(
        f"/live/ingest/nginx/?secret={secret}",
        {"call": call, "name": key, "clientid": number, "addr": "10.0.0.7", "app": "ingest"},
    )


def test_a_key_is_kept_as_its_hash_alone_and_shown_once(session, host):
    desk = Client(headers={"accept-language": "en"})
    desk.force_login(host)
    page = reverse("live-video:video", args=[session.pk])

    made = desk.post(page, {"do": "key"})
    again = desk.get(page)

    key = made.context["key"]
    assert len(key) == 32
    assert f"<code data-key>{key}</code>" in made.content.decode()
    assert key not in again.content.decode()
    assert Ingest.objects.get().digest == services.digest_of(key) != key
    assert told(session) == [("key", "")]
    assert "rtmp://video.example.org/ingest" in again.content.decode()


def test_a_draft_and_one_that_ended_get_no_key(host):
    draft = make_session()
    desk = Client(headers={"accept-language": "en"})
    desk.force_login(host)

    answer = desk.post(reverse("live-video:video", args=[draft.pk]), {"do": "key"})

    assert "Video is taken once it is scheduled" in answer.content.decode()
    assert not Ingest.objects.exists()


def test_nginx_leads_a_key_to_the_public_name_and_refuses_every_other(client, session, key):
    good = nginx(client, "publish", key)
    bad = nginx(client, "publish", "guessed")

    assert (good.status_code, good["Location"]) == (302, f"rtmp://127.0.0.1/live/s{session.pk}")
    assert bad.status_code == 403
    assert key not in good["Location"]


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_without_the_secret_there_is_nothing(client, session, key, secret):
    assert nginx(client, "publish", key, secret=secret).status_code == 404
    assert not Publisher.objects.exists()


def test_without_a_secret_of_ours_nobody_has_it(client, session, key, settings):
    settings.LIVE_INGEST_SECRET = ""

    assert nginx(client, "publish", key, secret="").status_code == 404


def test_one_publisher_at_a_time_and_the_next_when_he_is_gone(client, session, key):
    assert nginx(client, "publish", key, 1).status_code == 302
    assert nginx(client, "publish", key, 2).status_code == 403
    assert nginx(client, "update_publish", key, 2).status_code == 403
    assert nginx(client, "publish_done", key, 2).status_code == 200
    assert nginx(client, "update_publish", key, 1).status_code == 200
    nginx(client, "publish_done", key, 1)
    assert nginx(client, "publish", key, 2).status_code == 302

    assert told(session) == [
        ("key", ""),
        ("began", ""),
        ("refused", "taken"),
        ("refused", "taken"),
        ("ended", ""),
        ("began", ""),
    ]


def test_video_rehearses_before_the_start_unless_the_desk_lets_it_begin(client, session, key, host):
    nginx(client, "publish", key)
    assert state(session) == "scheduled"
    nginx(client, "publish_done", key)
    assert state(session) == "scheduled"

    desk = Client()
    desk.force_login(host)
    desk.post(reverse("live-video:video", args=[session.pk]), {"do": "begins", "begins": "on"})
    nginx(client, "publish", key)

    assert state(session) == "live"
    assert session.events.last().cause == "ingest"


def test_a_cut_pauses_and_the_video_that_comes_back_goes_on(client, session, key, host):
    nginx(client, "publish", key, 1)
    move(session, "live", host, "desk")
    nginx(client, "publish_done", key, 1)
    assert state(session) == "paused"
    nginx(client, "publish", key, 2)
    assert state(session) == "live"
    nginx(client, "publish_done", key, 2)

    moves = session.events.values_list("to_state", "cause")
    assert list(moves)[1:] == [
        ("live", "desk"),
        ("paused", "ingest"),
        ("live", "ingest"),
        ("paused", "ingest"),
    ]


def test_what_the_desk_paused_the_video_does_not_go_on_with(client, session, key, host):
    nginx(client, "publish", key, 1)
    move(session, "live", host, "desk")
    move(session, "paused", host, "desk")
    nginx(client, "publish_done", key, 1)
    nginx(client, "publish", key, 2)

    assert state(session) == "paused"


def test_video_never_ends_a_session_and_one_that_ended_takes_none(client, session, key, host):
    nginx(client, "publish", key, 1)
    move(session, "live", host, "desk")
    move(session, "ended", host, "desk")

    assert nginx(client, "update_publish", key, 1).status_code == 403
    nginx(client, "publish_done", key, 1)
    assert nginx(client, "publish", key, 2).status_code == 403
    assert state(session) == "ended"
    assert told(session)[-1] == ("refused", "state")


def test_a_new_key_cuts_who_sends_with_the_old_one(client, session, key, host):
    nginx(client, "publish", key, 1)
    move(session, "live", host, "desk")

    new = services.new_key(session.pk, host)

    assert state(session) == "paused"
    assert nginx(client, "update_publish", key, 1).status_code == 403
    assert nginx(client, "publish", key, 1).status_code == 403
    nginx(client, "publish_done", key, 1)
    assert nginx(client, "publish", new, 2).status_code == 302
    assert state(session) == "live"


def test_a_server_that_falls_silent_has_lost_the_video(client, session, key, host, set_clock):
    nginx(client, "publish", key, 1)
    move(session, "live", host, "desk")
    set_clock(25)
    assert services.end_silent() == 0
    nginx(client, "update_publish", key, 1)
    set_clock(50)
    assert services.end_silent() == 0
    set_clock(60)

    assert services.end_silent() == 1
    assert state(session) == "paused"
    assert told(session)[-1] == ("lost", "silent")
    assert services.end_silent() == 0


def test_video_that_was_given_up_and_is_there_after_all_goes_on(
    client, session, key, host, set_clock
):
    nginx(client, "publish", key, 1)
    move(session, "live", host, "desk")
    set_clock(60)
    services.end_silent()

    # As after half a minute in which this site was down.
    assert nginx(client, "update_publish", key, 1).status_code == 200
    assert state(session) == "live"
    assert nginx(client, "publish", key, 2).status_code == 403


def test_who_comes_after_a_silent_one_need_not_wait_for_the_sweep(client, session, key, set_clock):
    nginx(client, "publish", key, 1)
    set_clock(11)
    assert nginx(client, "publish", key, 2).status_code == 403
    set_clock(13)

    assert nginx(client, "publish", key, 2).status_code == 302
    assert Publisher.objects.get(ended_at=None).client == "nginx:2"


def srs(client: Client, **said: Any) -> str:
    answer = client.post(
        "/live/ingest/srs/",
        json.dumps(said),
        content_type="application/json",
        headers={"authorization": f"Bearer {SECRET}"},
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_srs_asks_with_the_public_name_and_the_key_as_its_parameter(client, session, key):
    name = f"s{session.pk}"
    asked = {"action": "on_publish", "client_id": "a1", "ip": "10.0.0.7", "app": "live"}

    assert srs(client, **asked, stream=name, param="?key=wrong") == "1"
    assert srs(client, **asked, stream="s999999", param=f"?key={key}") == "1"
    assert srs(client, **asked, stream=name, param=f"?key={key}&vhost=x") == "0"
    assert srs(client, **(asked | {"client_id": "b2"}), stream=name, param=f"?key={key}") == "1"
    assert Publisher.objects.get(ended_at=None).client == "srs:a1"
    assert srs(client, action="on_unpublish", client_id="a1", stream=name, param="") == "0"
    assert not Publisher.objects.filter(ended_at=None).exists()
    assert srs(client, action="on_play", client_id="c3", stream=name, param="") == "0"


def mediamtx(client: Client, **said: Any) -> int:
    return client.post(
        f"/live/ingest/mediamtx/?secret={SECRET}", json.dumps(said), content_type="application/json"
    ).status_code


def test_mediamtx_asks_with_the_key_as_password_or_in_the_query(client, session, key):
    path = f"live/s{session.pk}"

    assert mediamtx(client, action="publish", path=path, password="wrong", query="") == 401
    assert mediamtx(client, action="publish", path="live/s9", password=key, query="") == 401
    asked = {"action": "publish", "path": path}
    assert mediamtx(client, **asked, id="one", password="", query=f"key={key}") == 200
    assert mediamtx(client, **asked, id="two", password=key, query="") == 401
    assert mediamtx(client, action="read", path=path, password="", query="") == 200
    assert mediamtx(client, action="api", path="", password=key, query="") == 401
    assert mediamtx(client, action="unpublish", path=path, id="two") == 200
    assert mediamtx(client, action="unpublish", path=path, id="one") == 200
    assert mediamtx(client, **asked, id="two", password=key, query="") == 200
    assert told(session) == [
        ("key", ""),
        ("refused", "name"),
        ("began", ""),
        ("refused", "taken"),
        ("ended", ""),
        ("began", ""),
    ]


@pytest.mark.parametrize("body", ["", "[]", "7", '{"action": {}, "stream": [1]}', "\x00"])
def test_what_no_server_says_does_nothing(client, session, key, body):
    headers = {"authorization": f"Bearer {SECRET}"}
    for server in ("srs", "mediamtx"):
        answer = client.post(
            f"/live/ingest/{server}/", body, content_type="application/json", headers=headers
        )
        assert answer.status_code in (200, 401)
    assert not Publisher.objects.exists()


def test_the_database_holds_one_publisher_hashes_and_the_log(client, session, key):
    nginx(client, "publish", key)
    publisher = Publisher.objects.get()

    with pytest.raises(IntegrityError, match="publisher_one_sends"), transaction.atomic():
        Publisher.objects.create(
            session=session,
            client="nginx:2",
            tells=True,
            began_at=publisher.began_at,
            seen_at=publisher.began_at,
        )
    with pytest.raises(IntegrityError, match="publisher_period"), transaction.atomic():
        Publisher.objects.update(ended_at=publisher.began_at - timedelta(seconds=1))
    with pytest.raises(IntegrityError, match="ingest_key_is_hashed"), transaction.atomic():
        Ingest.objects.update(digest=key)
    with pytest.raises(DatabaseError, match="denied"), transaction.atomic():
        Signal.objects.update(kind="ended")
    with pytest.raises(DatabaseError, match="denied"), transaction.atomic():
        Signal.objects.all().delete()


def test_the_room_has_the_player_where_the_site_has_video(client, session, host, settings):
    move(session, "live", host, "desk")
    address = reverse("room:room", args=[session.pk])

    page = client.get(address)
    settings.LIVE_VIDEO_URL = ""
    without = client.get(address)

    played = f"https://video.example.org/hls/s{session.pk}.m3u8"
    assert f'data-hls="{played}"' in page.content.decode()
    assert "player.js" in page.content.decode()
    assert "player.js" not in without.content.decode()
    assert "room-poster" in without.content.decode()


def test_the_desk_sees_whether_video_comes(client, session, key, host):
    desk = Client(headers={"accept-language": "en"})
    desk.force_login(host)
    address = reverse("desk:desk", args=[session.pk])

    before = desk.get(address).content.decode()
    nginx(client, "publish", key)
    after = desk.get(address).content.decode()

    assert "Our own video: no signal" in before
    assert "Our own video: comes in" in after
