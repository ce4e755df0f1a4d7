"""Mails as a real SMTP server gets them, and what it refuses."""

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller

from deploy.embedded.processes import free_port
from storefront.notifications.links import preference_address
from storefront.notifications.models import Message
from storefront.notifications.services import queue, resend, send
from storefront.order.links import order_address
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db


class Mailroom:
    """Keeps what it takes; refuses whom `refused` names."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.refused: set[str] = set()

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refused:
            return f"550 5.1.1 {address}: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 Taken"

    def mail(self, at: int = -1) -> EmailMessage:
        raw = self.taken[at][2].replace(b"\r\n", b"\n")
        read = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        return read


@pytest.fixture
def smtp(settings) -> Iterator[Mailroom]:
    """A mail server on a port of its own, and the site's settings for it."""
    room = Mailroom()
    server = Controller(room, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.DEFAULT_FROM_EMAIL = "山货集 <shop@example.edu>"
    yield room
    server.stop()


def test_the_server_gets_both_parts_in_the_orders_language(smtp):
    order = sell((make_farm(), 2500), freight_fen=600, language="zh-hans")
    queue("confirmed", f"order:{order.pk}", order, {})
    message = Message.objects.get()

    assert send(message.pk)

    ((sender, recipients, raw),) = smtp.taken
    assert (sender, recipients) == ("shop@example.edu", ["li@example.org"])
    # The wire is plain ASCII: the Chinese subject and sender are encoded words.
    assert b"\r\nSubject: =?utf-8?" in raw
    assert b"\r\nFrom: =?utf-8?" in raw
    mail = smtp.mail()
    assert mail["Subject"] == f"山货集：订单 {order.number} 已收到"
    assert mail["From"] == "山货集 <shop@example.edu>"
    assert mail["To"] == "li@example.org"
    assert mail["Message-ID"] == f"<message-{message.pk}.0@example.edu>"
    assert mail["Content-Language"] == "zh-hans"
    assert mail["List-Unsubscribe"].strip() == f"<{preference_address(message.pk)}>"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert [part.get_content_type() for part in (plain, html)] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in (plain, html)] == ["utf-8", "utf-8"]
    text = plain.get_content()
    assert text.startswith(f"谢谢您！订单 {order.number} 已付款。\n\n合作社现在开始打包")
    assert "pear果 五斤 × 1  ¥25.00\n" in text
    assert order_address(order.number) in text
    page = html.get_content()
    assert '<html lang="zh-hans">' in page
    assert f"<h1>谢谢您！订单 {order.number} 已付款。</h1>" in page
    message.refresh_from_db()
    assert message.text == text
    assert message.subject == mail["Subject"]


def test_a_refusal_is_kept_and_after_it_staff_send_it_once_more(smtp, caplog):
    order = sell((make_farm(), 2500), language="en")
    queue("refunded", "refund:1", order, {"amount_fen": 1250})
    message = Message.objects.get()
    smtp.refused = {"li@example.org"}

    assert not send(message.pk)

    message.refresh_from_db()
    assert (message.state, message.tries, smtp.taken) == ("waiting", 1, [])
    assert message.error.startswith("SMTPRecipientsRefused: ")
    assert "no such mailbox" in message.error
    ours = [row for row in caplog.records if row.name.startswith("storefront")]
    assert [row.getMessage() for row in ours] == [
        f"message {message.pk} was not sent: SMTPRecipientsRefused"
    ]
    smtp.refused = set()
    assert not resend(message.pk)  # it waits for its next try already
    Message.objects.update(state="failed")
    assert resend(message.pk)
    assert send(message.pk)
    assert resend(message.pk)
    assert send(message.pk)
    ids = [smtp.mail(at)["Message-ID"] for at in range(2)]
    assert ids == [f"<message-{message.pk}.{time}@example.edu>" for time in (1, 2)]
    message.refresh_from_db()
    assert (message.state, message.tries, message.resent, message.error) == ("sent", 1, 2, "")


def test_with_no_server_there_the_message_waits(smtp, settings):
    settings.EMAIL_PORT = free_port()
    queue("confirmed", "order:1", sell((make_farm(), 2500)), {})
    message = Message.objects.get()
    assert not send(message.pk)
    message.refresh_from_db()
    assert message.state == "waiting"
    assert message.error.startswith("ConnectionRefusedError")
