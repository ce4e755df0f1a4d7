"""The outbox: a message is a row of the same transaction as what it tells of."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """A message to a buyer, sent once after commit, in the order's language."""

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", _("order confirmed")
        GOODS_GONE = "goods_gone", _("goods were gone, refunded")
        PACKED = "packed", _("packed")
        SHIPPED = "shipped", _("on its way")
        DELIVERED = "delivered", _("delivered")
        REFUNDED = "refunded", _("refunded")
        READY = "ready", _("ready to be fetched")
        CASE = "case", _("answer to a question")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    kind = models.CharField(max_length=16, choices=Kind)
    # What it is about, so that one event writes one message: "consignment:17".
    reference = models.CharField(max_length=80)
    order = models.ForeignKey("order.Order", models.PROTECT, null=True, related_name="messages")
    recipient = models.EmailField(blank=True)
    language = models.CharField(max_length=16)
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    # Not before this; whoever sends it puts it ahead, so that nobody else does meanwhile.
    try_at = models.DateTimeField()
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "reference"], name="message_once")]
        indexes = [
            models.Index(fields=["try_at"], condition=Q(state="waiting"), name="message_waiting")
        ]
