"""The outbox: a message is a row of the same transaction as what it tells of."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Message(models.Model):
    """A message to a buyer by one channel, sent once after commit, in the order's language."""

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", _("order confirmed")
        GOODS_GONE = "goods_gone", _("goods were gone, refunded")
        SHIPPED = "shipped", _("on its way")
        READY = "ready", _("ready to be fetched")
        DELIVERED = "delivered", pgettext_lazy("parcel", "delivered")
        REFUNDED = "refunded", _("refunded")
        CASE = "case", _("answer to a question")
        REMINDER = "reminder", _("in season, or there again")
        LIVE = "live", _("a livestream begins")

    class Channel(models.TextChoices):
        MAIL = "mail", _("e-mail")
        SMS = "sms", _("text message")
        WECHAT = "wechat", _("WeChat")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", pgettext_lazy("message", "failed")
        # Kept as a row: it says that the buyer chose not to be told, and nothing was forgotten.
        UNWANTED = "unwanted", _("not wanted by the buyer")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    # What it is about, so that one event writes one message: "consignment:17".
    reference = models.CharField(max_length=80)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.MAIL)
    order = models.ForeignKey("order.Order", models.PROTECT, null=True, related_name="messages")
    # An e-mail address, or a phone number for the other channels.
    recipient = models.CharField(_("recipient"), max_length=254)
    language = models.CharField(max_length=16)
    context = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    # As it was sent; empty before.
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    tries = models.PositiveIntegerField(default=0)
    # How often staff had it sent once more.
    resent = models.PositiveIntegerField(default=0)
    resent_at = models.DateTimeField(null=True)
    # Not before this; whoever sends it puts it ahead, so that nobody else does meanwhile.
    try_at = models.DateTimeField()
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference", "channel"], name="message_once"),
            models.CheckConstraint(condition=~Q(recipient=""), name="message_to_somebody"),
        ]
        indexes = [
            models.Index(fields=["try_at"], condition=Q(state="waiting"), name="message_waiting"),
            models.Index(fields=["state", "-created_at"], name="message_states"),
        ]


class MessageText(models.Model):
    """A version of the wording of a kind of message, as staff wrote it. Never changed: append-only.

    The latest version counts; an empty body means the wording that ships with the site.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=Message.Kind)
    language = models.CharField(_("language"), max_length=16)
    channel = models.CharField(_("channel"), max_length=8, choices=Message.Channel)
    version = models.PositiveIntegerField(_("version"))
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("wording of a message")
        verbose_name_plural = _("wording of messages")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language", "channel", "version"], name="message_text_version"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="message_text_counts"),
        ]


class Preference(models.Model):
    """Which messages a buyer chose to get, and how: {kind: [channels]}, empty for none.

    A member's by account; a guest's by the e-mail address, or else the phone number, of the order.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="message_preference"
    )
    contact = models.CharField(max_length=254, blank=True)
    choices = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=~Q(contact=""), name="preference_contact_once"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, contact="") | Q(user=None) & ~Q(contact=""),
                name="preference_of_one_buyer",
            ),
        ]
