"""Two people watch a live room while somebody presses buttons at the desk."""

import time

import pytest
from playwright.sync_api import expect

from livestream.room import chat, events
from livestream.sessions.models import LiveSession
from livestream.sessions.services import move
from storefront.accounts.models import User
from tests.support.open_site import PASSWORD
from tests.support.servers import start_stream

pytestmark = pytest.mark.browser


def test_two_viewers_see_a_pin_within_a_second_and_talk(shared_site, arrive_there, tmp_path):
    host = User.objects.create_user(email="room.host@example.org", password=PASSWORD)
    session = LiveSession.objects.earliest("pk")
    move(session, "live", host, "desk")
    item = session.shelf.last()
    stream = start_stream(shared_site.environment, tmp_path, shared_site.stream_port)
    try:
        viewers = [arrive_there("one"), arrive_there("two", language="zh-hans")]
        for viewer in viewers:
            with viewer.page.expect_response(lambda answer: "/live-events/" in answer.url):
                viewer.page.goto(f"{shared_site.url}/live/{session.pk}/")
            expect(viewer.page.locator(".is-pinned")).to_have_count(0)

        events.pin(session.pk, item.pk, host)
        pressed = time.monotonic()
        for viewer in viewers:
            expect(viewer.page.locator("[data-pinned] .is-pinned")).to_be_visible(timeout=1_000)
        assert time.monotonic() - pressed < 1

        one, two = (viewer.page for viewer in viewers)
        one.locator("[data-say] [name=name]").fill("小禾")
        one.locator("[data-say] [name=text]").fill("<b>甜</b>吗")
        one.locator("[data-say] button").click()
        line = two.locator("[data-chat] li").last
        expect(line).to_have_text("小禾 <b>甜</b>吗")
        chat.hide(session.pk, session.chat.get().pk, host)
        expect(two.locator("[data-chat] li")).to_have_count(0)

        one.locator(".is-pinned .room-buy button").click()
        expect(one.locator("#room-bought .note")).to_be_visible()
        assert one.url.endswith(f"/live/{session.pk}/")

        # The stream dies: what happens is still seen.
        stream.kill()
        events.notice(session.pk, "马上回来", host)
        expect(two.locator("[data-notice]")).to_have_text("马上回来")
    finally:
        stream.kill()
