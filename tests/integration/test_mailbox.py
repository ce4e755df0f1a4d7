"""One desk's mailbox shows each message as it was sent; on a real server there is none."""

import email
import email.policy
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse

from storefront.notifications import mailbox
from storefront.notifications.models import Message
from storefront.notifications.services import queue, send
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(settings, tmp_path) -> Path:
    """The folder of the mails."""
    settings.EMAIL_BACKEND = "storefront.notifications.mailbox.MailboxBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture
def sent(kept, set_clock) -> list[Message]:
    """A mail, and a text message a minute later."""
    farm = make_farm()
    for at, address in ((0, "li@example.org"), (60, "")):
        set_clock(at)
        order = sell((farm, 2500), language="en", guest_email=address)
        queue("confirmed", f"order:{order.pk}", order, {})
        assert send(Message.objects.get(order=order).pk)
    return list(Message.objects.order_by("pk"))


def test_a_mail_is_kept_as_smtp_would_carry_it(sent, kept):
    (path,) = kept.glob("*.eml")
    raw = path.read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") > 50
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["To"] == "li@example.org"
    assert mail["Message-ID"].startswith(f"<message-{sent[0].pk}.0@")
    assert mail.get_body(("plain",)).get_content().startswith("Thank you! Order")


def test_the_latest_come_first_whatever_their_channel(client, sent):
    page = client.get(reverse("mailbox:latest"))
    assert [(one.channel, one.to) for one in page.context["kept"]] == [
        (Message.Channel.SMS.label, "13800000000"),
        (Message.Channel.MAIL.label, "li@example.org"),
    ]
    text, mail = page.context["kept"]

    assert sent[1].text in client.get(reverse("mailbox:one", args=[text.name])).context["one"].text
    shown = client.get(reverse("mailbox:one", args=[mail.name])).content.decode()
    assert 'sandbox="allow-popups"' in shown
    assert f"order:{sent[0].pk}" not in shown
    frame = client.get(reverse("mailbox:html", args=[mail.name]))
    assert "<h1>Thank you! Order" in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("sandbox allow-popups; default-src 'none'")
    for name in ("nothing", "message-999999", f"message-{sent[0].pk}"):
        assert client.get(reverse("mailbox:one", args=[name])).status_code == 404


def test_script_in_a_mail_stays_in_its_frame(client, kept):
    mail = EmailMessage("<script>1</script>", "<script>2</script>", to=["a@example.org"])
    mail.content_subtype = "html"
    mail.send()
    (one,) = mailbox.latest()
    for address in (reverse("mailbox:latest"), reverse("mailbox:one", args=[one.name])):
        assert "<script>" not in client.get(address).content.decode()


def test_a_real_server_has_no_mailbox(client, sent, settings):
    (_, mail) = mailbox.latest()
    settings.MAILBOX = False
    addresses = [reverse("mailbox:latest")]
    addresses += [reverse(f"mailbox:{name}", args=[mail.name]) for name in ("one", "html")]
    assert [client.get(address).status_code for address in addresses] == [404] * 3
    # and production's settings say so
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "storefront.settings.production",
        "SHANHUO_CLOCK_FILE": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.MAILBOX)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
