"""How messages leave the house: one small interface, chosen per channel by the settings."""

import logging
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from storefront.notifications import mailbox
from storefront.notifications.links import preference_address
from storefront.notifications.models import Message
from storefront.notifications.preferences import REQUIRED
from storefront.notifications.rendering import Said

log = logging.getLogger(__name__)


class Channel(Protocol):
    """A way to somebody: a mail server, a provider of text messages."""

    def send(self, message: Message, said: Said) -> None:
        """Hand a message over. Raises when it was not taken: it is tried again later.

        It may be called twice for one message, if this process dies before it is noted: give the
        provider the message's number and `resent` as its key, where it knows such a thing.
        """


class MailChannel:
    """E-mail by Django's backend (EMAIL_URL)."""

    def send(self, message: Message, said: Said) -> None:
        """Send text and HTML, with a Message-ID that is the same if it is sent twice."""
        mail_of(message, said).send()


class LogChannel:
    """Stands in for a provider: the text is kept on the message, for staff to copy.

    What it logs names nobody: no text, no phone number.
    """

    def send(self, message: Message, said: Said) -> None:
        """Say in the log that there is something to copy; on one desk, what a code says."""
        if message.pk is None:
            # A one-time code is kept nowhere, and staff must not see it: only one desk shows it.
            if settings.MAILBOX:
                mailbox.keep_text(message, said)
                log.info("%s to %s: %s", message.channel, message.recipient, said.text)
            return
        log.info("message %s (%s, %s) is to be copied", message.pk, message.kind, message.channel)


def mail_of(message: Message, said: Said) -> EmailMultiAlternatives:
    """The e-mail of a message."""
    if message.pk is None:  # a one-time code: nobody chooses about it
        mail = EmailMultiAlternatives(said.subject, said.text, to=[message.recipient])
        mail.extra_headers["Content-Language"] = message.language
        mail.attach_alternative(said.html, "text/html")
        return mail
    choose_at = preference_address(message.pk)
    headers = {
        # The same message sent twice is one to a mail programme that looks at this.
        "Message-ID": f"<message-{message.pk}.{message.resent}@{_domain()}>",
        "Content-Language": message.language,
        "List-Unsubscribe": f"<{choose_at}>",
    }
    if message.kind not in REQUIRED:
        # RFC 8058: the mail programme's own button stops what one may stop.
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=said.subject, body=said.text, to=[message.recipient], headers=headers
    )
    mail.attach_alternative(said.html, "text/html")
    return mail


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"


def channel(name: str) -> Channel:
    """The channel that the settings name (MESSAGE_CHANNELS). Raises KeyError if there is none."""
    return import_string(settings.MESSAGE_CHANNELS[name])()


def only_logs(name: str) -> bool:
    """Whether nobody gets what goes this way: staff copy it."""
    return issubclass(import_string(settings.MESSAGE_CHANNELS[name]), LogChannel)
