"""A whole live evening as people live it: rehearsal, reminder, video, sales, chat, end, report.

The host has one phone with the control desk; two viewers buy. Then a second evening that was sold
on two other platforms. Everything runs: media server, event stream, worker, payment.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from playwright.sync_api import expect

from catalog.clock import now
from deploy.embedded.processes import stop
from livestream.figures.report import report_of
from livestream.platforms.services import import_orders
from livestream.sessions.models import LiveSession, ShelfItem
from livestream.sessions.services import SessionPlan, add_item, move, save_channel, save_session
from livestream.video.recordings import SETTLED, take_recordings
from livestream.video.services import new_key
from storefront.accounts.models import User
from storefront.order.models import Order
from storefront.wishes.services import send_livestreams
from tests.browser.test_chain_in_browser import books_are_right
from tests.support import discounts
from tests.support.money_paths import fen_in, fill, open_order, pay_by, to_payment
from tests.support.open_site import Visitor
from tests.support.platform_export import write_export
from tests.support.servers import wait_for
from tests.support.sessions import channel
from tests.support.watching import send, watches

pytestmark = pytest.mark.browser
HOST = "admin@example.org"
REMINDED = "reminded@example.org"
CARD = "4242424242424242"
FEN_OFF = 500


def prepare(title: str, *, rehearsal: bool = False, starts: timedelta) -> LiveSession:
    """A session with the demo's three packs on its shelf, in our room and on Douyin."""
    demo = LiveSession.objects.earliest("pk")
    begin = now() + starts
    session = save_session(
        SessionPlan(
            demo.campaign_id, title, title, begin, begin + timedelta(hours=2), rehearsal=rehearsal
        )
    )
    save_channel(session.pk, channel(session, "own"))
    save_channel(session.pk, channel(session, "douyin"))
    for item in demo.shelf.all():
        add_item(session.pk, item.pack_id)
    return session


class Desk:
    """The host at the control desk of a session, on a phone."""

    def __init__(self, host: Visitor, session: LiveSession) -> None:
        self.page, self.session = host.page, session
        host.go(f"/cms/live/{session.pk}/desk/")

    def press(self, do: str, within: Any = None) -> None:
        """Press a button, by what it does."""
        (within or self.page).locator(f"button[name=do][value={do}]").first.click()

    def move(self, to: str) -> None:
        """Move the session on; what has no way back is asked twice."""
        form = self.page.locator(f"form:has(input[name=to][value={to}])")
        if not form.locator("button").is_visible():
            form.locator("xpath=..").locator("summary").click()
        form.locator("button").click()
        wait_for(lambda: LiveSession.objects.get(pk=self.session.pk).state == to, 30, f"it is {to}")

    def item(self, item: ShelfItem) -> Any:
        """The shelf's row of an item."""
        return self.page.locator(".desk-shelf > li").nth(item.position - 1)

    def flash(self, item: ShelfItem, price: str, packs: int, per_buyer: int) -> None:
        """Begin a flash price for five minutes."""
        row = self.item(item)
        row.locator(".desk-flash summary").click()
        for name, value in (("price", price), ("quantity", packs), ("per_buyer", per_buyer)):
            row.locator(f"[name={name}]").fill(str(value))
        self.press("flash", row)

    def coupon(self, code: str) -> None:
        """Hand out a voucher."""
        self.page.locator("select[name=code]").select_option(code)
        self.press("coupon")


def enter(viewer: Visitor, session: LiveSession) -> None:
    """Go into the room and hear what happens there."""
    with viewer.page.expect_response(lambda answer: "/live-events/" in answer.url):
        viewer.page.goto(f"{viewer.site.url}/live/{session.pk}/")


def buy(viewer: Visitor, item: ShelfItem, times: int) -> None:
    """Tap so often; the video plays on."""
    for _tap in range(times):
        address = f"/items/{item.pk}/buy/"
        with viewer.page.expect_response(lambda answer, at=address: at in answer.url):
            viewer.page.locator(f"#item-{item.pk} .room-buy button").click()
    expect(viewer.page.locator("#room-bought .note")).to_be_visible()


def pay(viewer: Visitor) -> Order:
    """From the basket to the order; each is a buyer of their own to limits per buyer."""
    phone = f"138001380{len(viewer.name):02}"
    fill(viewer, phone=phone, email=f"{viewer.name}@example.org")
    to_payment(viewer)
    return pay_by(viewer, CARD)


def goods_on_receipt(viewer: Visitor, order: Order) -> int:
    """What the order's page says was paid for goods, in fen: what was paid less freight."""
    open_order(viewer, order)
    rows = viewer.page.locator("main aside dl.sums > div")
    said = {
        row.locator("dt").inner_text().strip(): fen_in(row.locator("dd").inner_text())
        for row in rows.all()
    }
    return said["Paid"] - said["Freight"]


def rehearse(host: Visitor, viewer: Visitor) -> None:
    """Everything can be tried, and nothing is sold."""
    session = prepare("Rehearsal", rehearsal=True, starts=timedelta(hours=1))
    desk = Desk(host, session)
    desk.move("scheduled")
    desk.move("live")
    enter(viewer, session)
    viewer.sees("nothing is sold")
    expect(viewer.page.locator(".room-buy")).to_have_count(0)
    desk.press("pin", desk.item(session.shelf.first()))
    expect(viewer.page.locator("[data-pinned] .is-pinned")).to_be_visible()
    desk.move("ended")
    assert report_of(session).sold.whole.orders == 0


def remind(guest: Visitor, session: LiveSession) -> None:
    """Somebody asks to be told, and is, once."""
    guest.go(f"/live/{session.pk}/")
    with guest.page.expect_navigation():
        guest.page.locator(".room-remind button").click()
    guest.page.locator("[name=contact]").fill(REMINDED)
    guest.page.locator("[name=agreed]").check()
    guest.look("remind")
    guest.press("Remind me")
    assert (send_livestreams(), send_livestreams()) == (1, 0)
    mail = guest.site.mail(REMINDED, session.title)
    body = mail.get_body(("plain",))
    assert body is not None
    assert f"/live/{session.pk}/" in body.get_content()


def sell(desk: Desk, one: Visitor, two: Visitor) -> list[tuple[Visitor, Order]]:
    """A flash sale that sells out, a coupon of which there is one, and a pack at its full price."""
    session = desk.session
    rice, other = session.shelf.all()[:2]
    desk.press("pin", desk.item(rice))
    for viewer in (one, two):
        expect(viewer.page.locator(f"[data-pinned] #item-{rice.pk}")).to_be_visible()
    desk.flash(rice, "-10%", packs=3, per_buyer=2)
    for viewer in (one, two):
        expect(viewer.page.locator(f"#item-{rice.pk} [data-flash]")).to_be_visible()
    buy(one, rice, 2)
    buy(two, rice, 1)
    buy(two, other, 1)
    discounts.offer("LIVE5", amount_fen=FEN_OFF, campaign_id=session.campaign_id, uses_limit=1)
    desk.page.reload()
    desk.coupon("LIVE5")
    coupon = two.page.locator("[data-coupon]")
    expect(coupon).to_be_visible()
    two.look("sale")
    with two.page.expect_response(lambda answer: "/coupon/" in answer.url):
        coupon.locator("button").click()
    orders = [(one, pay(one)), (two, pay(two))]
    assert rice.flash_prices.get().left == 0
    for viewer in (one, two):
        enter(viewer, session)
        expect(viewer.page.locator(f"#item-{rice.pk} [data-flash]")).to_be_hidden()
    return orders


def talk(desk: Desk, one: Visitor, two: Visitor) -> None:
    """A question that all read, and a word that the host hides."""
    for text in ("Are they sweet?", "Rubbish"):
        one.page.locator("[data-say] [name=name]").fill("Xiaohe")
        one.page.locator("[data-say] [name=text]").fill(text)
        one.page.locator("[data-say] button").click()
        expect(two.page.locator("[data-chat] li").last).to_have_text(f"Xiaohe {text}")
        one.page.wait_for_timeout(1100)  # nobody may say two things within a second
    desk.press("hide", desk.page.locator(".desk-chat > li", has_text="Rubbish"))
    expect(two.page.locator("[data-chat] li")).to_have_text(["Xiaohe Are they sweet?"])


def cut_and_resume(media: Any, key: str, sender: Any, viewers: list[Visitor]) -> Any:
    """The picture goes; the room says so and comes back by itself."""
    stop(sender)
    for viewer in viewers:
        expect(viewer.page.locator("[data-no-signal]")).to_be_visible()
    sender = send(media, key)
    for viewer in viewers:
        expect(viewer.page.locator("[data-no-signal]")).to_be_hidden()
        watches(viewer.page)
    return sender


def replay(desk: Desk, viewer: Visitor, folder: Path) -> None:
    """The recordings become a replay; a tap on a chapter goes there."""
    for path in (folder / "recordings").iterdir():
        moment = path.stat().st_mtime - 2 * SETTLED
        os.utime(path, (moment, moment))
    assert take_recordings() == 2
    desk.page.reload()
    desk.page.goto(f"{viewer.site.url}/cms/live/{desk.session.pk}/")
    move(desk.session, "replay", User.objects.get(email=HOST), "desk")
    viewer.go(f"/live/{desk.session.pk}/")
    chapters = viewer.page.locator(".room-chapters a")
    with override("en"):
        title = desk.session.shelf.first().pack.display_name
    expect(chapters.filter(has_text=title).first).to_be_visible()
    chapters.filter(has_text=title).first.click()
    wait_for(
        lambda: viewer.page.evaluate("document.querySelector('video').currentTime") > 0,
        30,
        "the replay plays",
    )
    viewer.look("replay")


def sold_elsewhere(host: Visitor, folder: Path) -> None:
    """A second evening, sold on two other platforms: by their exports."""
    session = prepare("Elsewhere", starts=timedelta(hours=-1))
    save_channel(session.pk, channel(session, "kuaishou"))
    actor = User.objects.get(email=HOST)
    for state in ("scheduled", "live", "ended"):
        move(session, state, actor, "desk")
    code = session.shelf.first().pack.upc
    paid = now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    head = "订单号,SKU编码,商品名称,成交数量,实付款,订单状态,售后状态,订单支付时间,订单载体\n"
    kuaishou = folder / "kuaishou.csv"
    kuaishou.write_text(f"{head}6917000011000000001,{code},米,2,¥50.00,已发货,,{paid},直播\n")
    douyin = write_export(
        folder,
        code,
        f"\t6920000000001,\t69200000000011,米,PACK,1,24.80,{paid},{paid},待发货,-,-,-,直播,\t71\n",
    )
    import_orders(douyin, "douyin", "校园助农")
    import_orders(kuaishou, "kuaishou", "校园助农")

    report = report_of(session)
    assert (report.sold.whole.orders, report.sold.whole.packs) == (2, 3)
    assert report.sold.whole.paid_fen == 7480
    host.go(f"/cms/live/{session.pk}/report/")
    expect(host.page.locator(".live-ladder")).to_contain_text("¥74.80")


def test_a_whole_session_and_a_second_one_sold_elsewhere(
    video_site,
    arrive_at,
    tmp_path,
    settings,
):
    site, media = video_site
    settings.LIVE_VIDEO_URL = media.environment()["LIVE_VIDEO_URL"]
    settings.LIVE_VIDEO_FOLDER = media.environment()["LIVE_VIDEO_FOLDER"]
    host = arrive_at(site, "host")
    host.sign_in(HOST, "/cms/")
    one, two = arrive_at(site, "viewer"), arrive_at(site, "viewer-two")
    rehearse(host, one)

    session = prepare("Harvest evening", starts=timedelta(minutes=10))
    desk = Desk(host, session)
    desk.move("scheduled")
    remind(arrive_at(site, "guest"), session)

    key = new_key(session.pk, User.objects.get(email=HOST))
    sender = send(media, key)
    wait_for(session.publishers.exists, 20, "the video is taken")
    desk.move("live")
    for viewer in (one, two):
        enter(viewer, session)
        watches(viewer.page)
    orders = sell(desk, one, two)
    for viewer in (one, two):
        watches(viewer.page)
    talk(desk, one, two)
    host.look("desk")
    sender = cut_and_resume(media, key, sender, [one, two])
    desk.page.reload()
    desk.move("ended")
    assert sender.wait(20) != 0
    for viewer in (one, two):
        expect(viewer.page.locator("video")).to_be_hidden()
    replay(desk, one, media.home())

    # The report's numbers are the buyers' own receipts.
    receipts = [goods_on_receipt(viewer, order) for viewer, order in orders]
    sold = report_of(session).sold
    assert (sold.whole.orders, sold.whole.buyers, sold.whole.packs) == (2, 2, 4)
    assert sold.whole.user_paid_fen == sum(receipts)
    assert sold.whole.paid_fen == sum(receipts) + FEN_OFF
    host.go(f"/cms/live/{session.pk}/report/")
    shown = host.page.locator(".live-ladder li", has_text="Paid").inner_text()
    assert fen_in(shown) == sold.whole.paid_fen
    host.look("report")

    sold_elsewhere(host, tmp_path)
    books_are_right()
