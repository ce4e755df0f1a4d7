"""Who may send a session's video, who sends it now, every signal that came, and what is kept."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from livestream.sessions.models import LiveSession


class Ingest(models.Model):
    """The key (推流码) with which a session's video is sent. Only its hash is kept."""

    session = models.OneToOneField(LiveSession, models.PROTECT, related_name="ingest")
    # SHA-256, hexadecimal. The key is 192 random bits: nothing slower is needed.
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    # Whether the first video begins a scheduled session, which cannot be taken back.
    begins_session = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex="^[0-9a-f]{64}$"), name="ingest_key_is_hashed"
            ),
        ]


class Publisher(models.Model):
    """A connection that sends a session's video: one at a time."""

    session = models.ForeignKey(LiveSession, models.PROTECT, related_name="publishers")
    # What the media server calls the connection.
    client = models.CharField(max_length=80)
    began_at = models.DateTimeField()
    # Whether the media server says again and again that it is there, and when it last did.
    tells = models.BooleanField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(ended_at__isnull=True), name="publisher_one_sends"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")),
                name="publisher_period",
            ),
        ]


class Signal(models.Model):
    """What a media server told of a session's video, and what a desk did. Never changed."""

    class Kind(models.TextChoices):
        BEGAN = "began", _("video began")
        ENDED = "ended", _("video ended")
        LOST = "lost", _("video was lost")
        REFUSED = "refused", _("refused")
        KEY = "key", _("new key")

    class Reason(models.TextChoices):
        NAME = "name", _("another stream name")
        STATE = "state", _("the session is not open for video")
        TAKEN = "taken", _("somebody sends already")
        NEW_KEY = "new-key", _("a new key was made")
        SILENT = "silent", _("the server fell silent")

    session = models.ForeignKey(LiveSession, models.PROTECT, related_name="signals")
    kind = models.CharField(max_length=7, choices=Kind)
    client = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=8, blank=True, choices=Reason)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["session_id", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="key", actor__isnull=False)
                | (~Q(kind="key") & Q(actor__isnull=True)),
                name="signal_has_its_actor",
            ),
        ]


class Recording(models.Model):
    """A part of a session's recording, as its replay shows it: from one cut to the next."""

    session = models.ForeignKey(LiveSession, models.PROTECT, related_name="recordings")
    # The name of the file that the media server wrote: each becomes one part, once.
    source = models.CharField(max_length=80, unique=True)
    # The name of the part that viewers fetch; nobody can guess it.
    name = models.CharField(max_length=40, unique=True)
    # The moment that its first picture shows.
    began_at = models.DateTimeField()
    duration_ms = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["session_id", "began_at"]
        constraints = [
            models.CheckConstraint(condition=Q(duration_ms__gt=0), name="recording_shows_something")
        ]
