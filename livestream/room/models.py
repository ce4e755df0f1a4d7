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
    notice {"text"}, chat {"open", "slow_seconds"}, coupon {"code", "zh", "en"} or an empty code,
    state {"state"}, undo {}; of flash prices what their own table names.
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


class ChatMessage(models.Model):
    """Something that somebody said in a room's chat. Kept as settings.RETENTION_DAYS says."""

    session = models.ForeignKey(LiveSession, models.PROTECT, related_name="chat")
    # "u12" is a member, "g…" a browser in this room; nothing else of a guest is known.
    author = models.CharField(max_length=40)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="chat_messages"
    )
    name = models.CharField(max_length=20)
    text = models.CharField(max_length=200)
    at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["session_id", "pk"]
        indexes = [models.Index(fields=["session", "author", "at"], name="chat_of_author")]
        constraints = [
            models.CheckConstraint(condition=~Q(text="") & ~Q(name=""), name="chat_says_something"),
            models.CheckConstraint(
                condition=Q(hidden_at__isnull=True, hidden_by__isnull=True)
                | Q(hidden_at__isnull=False, hidden_by__isnull=False),
                name="chat_hidden_by_somebody",
            ),
        ]


class Mute(models.Model):
    """Somebody who may not write in a room's chat; lifted, it stays as a row."""

    session = models.ForeignKey(LiveSession, models.PROTECT, related_name="mutes")
    author = models.CharField(max_length=40)
    name = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["session_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "author"], condition=Q(lifted_at__isnull=True), name="mute_once"
            )
        ]


class RoomMinute(models.Model):
    """How many watched a room in a minute, and its likes until then: for the mean of viewers."""

    session = models.ForeignKey(LiveSession, models.CASCADE, related_name="minutes")
    at = models.DateTimeField()
    viewers = models.PositiveIntegerField()
    likes = models.PositiveIntegerField()

    class Meta:
        ordering = ["session_id", "at"]
        constraints = [
            models.UniqueConstraint(fields=["session", "at"], name="room_minute_once"),
        ]


class Visit(models.Model):
    """Somebody who opened the room of a live session, and how often: unique viewers are rows.

    Nothing is counted of a rehearsal, and nothing before the start or after the end.
    """

    session = models.ForeignKey(LiveSession, models.CASCADE, related_name="visits")
    # As ChatMessage.author: a member, or a browser in this room alone.
    visitor = models.CharField(max_length=40)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    views = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "visitor"], name="visit_once"),
        ]
