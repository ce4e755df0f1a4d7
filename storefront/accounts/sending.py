"""A one-time code on its way: by the channels that messages go by (settings.MESSAGE_CHANNELS)."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from storefront.accounts.contacts import Reached
from storefront.notifications.channels import channel
from storefront.notifications.models import Message
from storefront.notifications.rendering import Said


def send_code(to: Reached, digits: str, language: str, minutes: int) -> None:
    """Hand a code over to its channel, in the visitor's language. Raises what the channel raises.

    The message is no row of the outbox: nothing keeps the digits.
    """
    language = language or settings.LANGUAGE_CODE
    with override(language):
        words = {
            "shop": settings.UNIVERSITY_NAME + settings.OSCAR_SHOP_NAME,
            "digits": digits,
            "minutes": minutes,
        }
        text = (
            _(
                "%(shop)s: your code is %(digits)s. It is good for %(minutes)d minutes and once. "
                "Never tell it to anybody; we do not ask for it."
            )
            % words
        )
        subject = _("%(shop)s: your code is %(digits)s") % words
        html = render_to_string("mail/code.html", {**words, "language": language})
    message = Message(channel=to.channel, recipient=to.value, language=language)
    channel(to.channel).send(message, Said(subject if to.is_mail else "", text, html))
