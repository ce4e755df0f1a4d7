"""One desk's mailbox: mails are kept as the files that SMTP would have carried, and shown."""

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage as ReadMail
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from catalog.clock import now
from storefront.notifications.models import Message

ENDING = ".eml"
MOST = 100
_CHANNEL = "X-Channel"
_STAMP = "%Y%m%dT%H%M%S%f"


class MailboxBackend(BaseEmailBackend):
    """Keeps each mail in a file of EMAIL_FILE_PATH, named by its time."""

    def open(self) -> bool:
        """Make the folder. Raises OSError when that cannot be."""
        _folder().mkdir(parents=True, exist_ok=True)
        return True

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails; a file is there whole or not at all. Gives how many."""
        self.open()
        for mail in email_messages:
            _write(mail.message().as_bytes())
        return len(email_messages)


def keep_text(message: Message, said: Any) -> None:
    """Keep a text message that is no row of the outbox, as a mail whose header says its channel."""
    if not getattr(settings, "EMAIL_FILE_PATH", None):
        return
    kept = ReadMail()
    kept["To"] = message.recipient
    kept["Subject"] = " ".join(said.text.split())[:60]
    kept[_CHANNEL] = message.channel
    kept.set_content(said.text)
    _folder().mkdir(parents=True, exist_ok=True)
    _write(kept.as_bytes())


def _write(mail: bytes) -> None:
    name = f"{now():{_STAMP}}-{uuid4().hex[:8]}"
    making = _folder() / f"{name}.new"
    making.write_bytes(mail.replace(b"\n", b"\r\n"))
    making.replace(making.with_suffix(ENDING))


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


@dataclass(frozen=True)
class Kept:
    """A message as it was sent. `name` opens it: a file's, or "message-17" for a text."""

    name: str
    at: datetime
    channel: str
    to: str
    subject: str
    text: str
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def latest() -> list[Kept]:
    """The latest messages of all channels, newest first."""
    texts = Message.objects.exclude(channel=Message.Channel.MAIL).filter(sent_at__isnull=False)
    kept = [_text(message) for message in texts.order_by("-sent_at")[:MOST]]
    kept += [_mail(path) for path in sorted(_files(), reverse=True)[:MOST]]
    return sorted(kept, key=lambda one: one.at, reverse=True)[:MOST]


def find(name: str) -> Kept | None:
    """A message by its name, or None."""
    if name.startswith("message-") and name[8:].isdecimal():
        texts = Message.objects.exclude(channel=Message.Channel.MAIL)
        message = texts.filter(pk=name[8:], sent_at__isnull=False).first()
        return _text(message) if message else None
    return next((_mail(path) for path in _files() if path.stem == name), None)


def _files() -> list[Path]:
    if not getattr(settings, "EMAIL_FILE_PATH", None):
        return []  # mails go to a server
    return list(_folder().glob(f"*{ENDING}"))


def _text(message: Message) -> Kept:
    assert message.sent_at is not None
    return Kept(
        f"message-{message.pk}",
        message.sent_at,
        message.get_channel_display(),
        message.recipient,
        message.get_kind_display(),
        message.text,
    )


def _mail(path: Path) -> Kept:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, ReadMail)
    return Kept(
        path.stem,
        datetime.strptime(path.stem.partition("-")[0], _STAMP).replace(tzinfo=UTC),
        str(Message.Channel(mail.get(_CHANNEL, "mail")).label),
        str(mail["To"]),
        str(mail["Subject"]),
        _content(mail, "plain"),
        _content(mail, "html"),
        tuple((name, str(value)) for name, value in mail.items()),
    )


def _content(mail: ReadMail, kind: str) -> str:
    body = mail.get_body((kind,))
    return body.get_content() if body else ""
