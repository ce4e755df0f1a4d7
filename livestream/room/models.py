"""What happens in the room of a live session."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from livestream.sessions.models import LiveSession


class ShelfEvent(models.Model):
    """Something that a desk did to a session while it was shown. Never changed (triggers).

    What viewers see is worked out from these rows (`selectors.room_state`): the last of a kind
    that was not undone. `data` by kind: pin {"item": id or null}, order {"items": [id, …]},
    notice {"text"}, chat {"open", "slow_seconds"}, state {"state"}, undo {}; of flash prices and
    coupons what their own tables name.
    """

    class Kind(models.TextChoices):
        PIN = "pin", _("shown now")
        ORDER = "order", _("order of the shelf")
        NOTICE = "notice", _("notice")
        CHAT = "chat", _("chat")
        STATE = "state", _("state")
        FLASH = "flash", _("flash price")
        FLASH_END = "flash_end", _("end of a flash price")
        QUOTA = "quota", _("stock of a channel")
        COUPON = "coupon", _("coupon")
        UNDO = "undo", _("undone")

    session = models.ForeignKey(LiveSession, models.PROTECT, related_name="shelf_events")
    # 1, 2, 3 … within the session, given under the lock of its row.
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    # Milliseconds since the session really started; none before that.
    offset_ms = models.PositiveBigIntegerField(null=True)
    kind = models.CharField(max_length=9, choices=Kind)
    data = models.JSONField(default=dict)
    # None: the video signal, or a flash price whose time was over.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Once: what was undone is done again by a new event.
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone")

    class Meta:
        ordering = ["session_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["session", "sequence"], name="shelf_event_sequence"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="shelf_event_from_one"),
            models.CheckConstraint(
                condition=Q(kind="undo", undoes__isnull=False)
                | (~Q(kind="undo") & Q(undoes__isnull=True)),
                name="shelf_event_undoes",
            ),
            models.CheckConstraint(
                condition=Q(undoes__isnull=True) | ~Q(undoes=F("id")), name="shelf_event_not_itself"
            ),
            models.CheckConstraint(
                condition=Q(actor__isnull=False) | Q(kind__in=["state", "flash_end"]),
                name="shelf_event_has_its_actor",
            ),
        ]
