"""What people are reached by: an e-mail address or a mobile number, in one plain form."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from storefront.accounts.models import OneTimeCode
from storefront.accounts.phones import plain_phone
from storefront.notifications.channels import only_logs

Channel = OneTimeCode.Channel
MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


@dataclass(frozen=True)
class Reached:
    """A channel and its address: an e-mail in lower case, or a mobile number of 11 digits."""

    channel: str
    value: str

    @property
    def is_mail(self) -> bool:
        return self.channel == Channel.MAIL

    @property
    def masked(self) -> str:
        """Enough to know it again: 138****0000, w***@example.org."""
        if self.is_mail:
            name, _at, home = self.value.partition("@")
            return f"{name[:1]}***@{home}"
        return f"{self.value[:3]}****{self.value[-4:]}"


def texts_are_sent() -> bool:
    """Whether a code by text message reaches somebody: by a provider, or on one desk's mailbox."""
    return "sms" in settings.MESSAGE_CHANNELS and (settings.MAILBOX or not only_logs("sms"))


def reached(text: str) -> Reached:
    """The contact that somebody typed. Raises ValidationError in words."""
    text = text.strip()
    if "@" in text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise ValidationError(_("This is no e-mail address."), code="email") from error
        if len(text) > 254:
            raise ValidationError(_("This is no e-mail address."), code="email")
        return Reached(Channel.MAIL, text.lower())
    number = plain_phone(text)
    if not MOBILE.fullmatch(number):
        raise ValidationError(
            _("Please give an e-mail address, or a mobile number of 11 digits."), code="contact"
        )
    if not texts_are_sent():
        raise ValidationError(
            _("We send no text messages yet. Please give an e-mail address."), code="no_texts"
        )
    return Reached(Channel.SMS, number)
