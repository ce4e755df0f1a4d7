"""Real video: sent to the real media server, seen by two people, cut and resumed."""

import pytest
from django.utils.translation import override
from playwright.sync_api import expect

from deploy.embedded.processes import stop
from livestream.room import events
from livestream.sessions.models import LiveSession
from livestream.sessions.services import (
    SessionPlan,
    add_item,
    move,
    save_channel,
    save_session,
)
from livestream.video import recordings
from livestream.video.models import Publisher
from livestream.video.services import new_key
from storefront.accounts.models import User
from tests.support.open_site import PASSWORD
from tests.support.servers import wait_for
from tests.support.sessions import channel
from tests.support.watching import seen, send, watches

pytestmark = pytest.mark.browser


def test_two_viewers_watch_it_cut_and_come_back_and_again_as_a_replay(
    video_site, arrive_at, settings, monkeypatch
):
    site, media = video_site
    host = User.objects.create_user(email="video.host@example.org", password=PASSWORD)
    other = LiveSession.objects.earliest("pk")
    session = save_session(
        SessionPlan(other.campaign_id, "视频专场", "Video evening", other.starts_at, other.ends_at)
    )
    save_channel(session.pk, channel(session, "own"))
    save_channel(session.pk, channel(session, "douyin"))
    item = add_item(session.pk, other.shelf.earliest("pk").pack_id)
    move(session, "scheduled", host, "desk")
    key = new_key(session.pk, host)
    one, two = arrive_at(site, "one"), arrive_at(site, "two", language="zh-hans", width=1280)

    refused = send(media, "guessed-by-somebody")
    assert refused.wait(20) != 0

    sender = send(media, key)
    wait_for(lambda: session.publishers.exists(), 20, "the video is taken")
    assert send(media, key).wait(20) != 0  # a second one, with the same key
    one.go(f"/live/{session.pk}/")
    expect(one.page.locator("video")).to_be_hidden()  # before the start there is a poster
    two.go(f"/live/{session.pk}/")
    move(session, "live", host, "desk")
    for viewer in (one, two):
        watches(viewer.page)
        assert key not in viewer.page.content()
        assert key not in viewer.page.locator("[data-hls]").get_attribute("data-hls")
    events.pin(session.pk, item.pk, host)
    one.look("video")
    watches(one.page)

    stop(sender)
    for viewer in (one, two):
        expect(viewer.page.locator("[data-no-signal]")).to_be_visible()
        expect(viewer.page.locator("[data-elsewhere]")).to_be_visible()
    assert LiveSession.objects.get(pk=session.pk).state == "paused"
    two.look("cut")

    sender = send(media, key)
    for viewer in (one, two):
        expect(viewer.page.locator("[data-no-signal]")).to_be_hidden()
        watches(viewer.page)
    assert LiveSession.objects.get(pk=session.pk).state == "live"

    move(session, "ended", host, "desk")
    assert sender.wait(20) != 0  # the media server cuts who goes on sending
    for viewer in (one, two):
        expect(viewer.page.locator("video")).to_be_hidden()

    settings.LIVE_VIDEO_FOLDER = str(media.home())
    monkeypatch.setattr(recordings, "SETTLED", -1)
    wait_for(lambda: sum(1 for _ in recordings.waiting(session.pk)) == 2, 20, "two recordings")
    wait_for(lambda: not Publisher.objects.filter(ended_at=None).exists(), 20, "nobody sends")
    assert recordings.take_recordings() == 2
    move(session, "replay", host, "desk")
    one.go(f"/live/{session.pk}/")
    chapters = one.page.locator("[data-part]")
    with override("en"):
        name = item.pack.display_name
    expect(chapters).to_have_count(3)  # two parts, and the pack in the first
    expect(chapters.nth(1)).to_contain_text(name)
    expect(chapters.nth(0)).to_have_attribute("aria-current", "true")
    chapters.nth(1).click()
    wait_for(lambda: seen(one.page) > 0, 30, "a picture of the chapter")
    # The parts are seconds long: the next one follows by itself.
    expect(chapters.nth(2)).to_have_attribute("aria-current", "true")
    wait_for(lambda: seen(one.page) > 0, 30, "a picture of the next part")
    one.look("replay")
