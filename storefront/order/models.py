"""Orders: every sale, whatever its channel, is one of these (DESIGN §1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from oscar.apps.order.abstract_models import AbstractOrder


class Order(AbstractOrder):
    """Oscar's order with what the chain needs to know of a sale."""

    class Channel(models.TextChoices):
        SITE = "site", pgettext_lazy("sales channel", "site")
        ROOM = "room", _("live room")
        TILL = "till", _("fair till")
        PLATFORM = "platform", _("other platform")
        STANDING = "standing", _("standing order")

    channel = models.CharField(_("channel"), max_length=16, choices=Channel, default=Channel.SITE)
    language = models.CharField(_("language"), max_length=16, default="zh-hans")
    contact_phone = models.CharField(_("phone"), max_length=32, blank=True)

    class Meta(AbstractOrder.Meta):
        constraints = [
            # One basket is placed once, whatever races (FIELD_NOTES: Oscar's is not unique).
            models.UniqueConstraint(fields=["basket"], name="order_basket_once"),
            models.CheckConstraint(
                condition=models.Q(total_incl_tax__gte=0, shipping_incl_tax__gte=0),
                name="order_totals_not_negative",
            ),
        ]


from oscar.apps.order.models import *  # noqa: E402, F403  the rest of Oscar's order app
