"""Live sessions: where they are shown, what lies on their shelf, and what the host says of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import in_language


class State(models.TextChoices):
    """Where a session is. `services.move` alone takes it from one to the next."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", _("live")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")
    REPLAY = "replay", _("replay")


class LiveSession(models.Model):
    """A live session (直播场次) of a campaign: one evening, one host's desk.

    `starts_at` and `ends_at` are the plan; `started_at` and `ended_at` are what happened. A
    rehearsal is a session in which nothing is sold and nothing counts.
    """

    campaign = models.ForeignKey("campaigns.Campaign", models.PROTECT, related_name="sessions")
    title_zh = models.CharField(max_length=100)
    title_en = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    rehearsal = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-starts_at", "-pk"]
        verbose_name = _("live session")
        verbose_name_plural = _("live sessions")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_planned_period"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.DRAFT, State.SCHEDULED], started_at__isnull=True)
                | Q(
                    state__in=[State.LIVE, State.PAUSED, State.ENDED, State.REPLAY],
                    started_at__isnull=False,
                ),
                name="session_started_when_live",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[State.DRAFT, State.SCHEDULED, State.LIVE, State.PAUSED],
                    ended_at__isnull=True,
                )
                | Q(
                    state__in=[State.ENDED, State.REPLAY],
                    ended_at__isnull=False,
                    ended_at__gte=F("started_at"),
                ),
                name="session_ended_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(rehearsal=True, state=State.REPLAY), name="session_replay_is_real"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def is_before(self) -> bool:
        """Whether it has not begun: its plan, channels and shelf can still be changed."""
        return self.state in (State.DRAFT, State.SCHEDULED)


class SessionEvent(models.Model):
    """A move of a session from one state to the next. Never changed (triggers)."""

    class Cause(models.TextChoices):
        DESK = "desk", _("desk")
        INGEST = "ingest", _("video signal")

    session = models.ForeignKey(LiveSession, models.PROTECT, related_name="events")
    # 1, 2, 3 … within the session, given under the lock of its row.
    sequence = models.PositiveIntegerField()
    from_state = models.CharField(max_length=9, choices=State)
    to_state = models.CharField(max_length=9, choices=State)
    cause = models.CharField(max_length=6, choices=Cause)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    # Milliseconds since the session really started; none before that.
    offset_ms = models.PositiveBigIntegerField(null=True)

    class Meta:
        ordering = ["session_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["session", "sequence"], name="session_event_sequence"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="session_event_from_one"),
            models.CheckConstraint(
                condition=~Q(from_state=F("to_state")), name="session_event_moves"
            ),
            models.CheckConstraint(
                condition=Q(cause="desk", actor__isnull=False)
                | Q(cause="ingest", actor__isnull=True),
                name="session_event_has_its_actor",
            ),
            models.CheckConstraint(
                condition=Q(to_state__in=[State.DRAFT, State.SCHEDULED], offset_ms__isnull=True)
                | Q(
                    to_state__in=[State.LIVE, State.PAUSED, State.ENDED, State.REPLAY],
                    offset_ms__isnull=False,
                ),
                name="session_event_offset",
            ),
        ]


class SessionChannel(models.Model):
    """Where a session is shown: our own room, or an account's room on another platform."""

    class Platform(models.TextChoices):
        OWN = "own", _("own room")
        DOUYIN = "douyin", _("Douyin")
        KUAISHOU = "kuaishou", _("Kuaishou")
        WEIXIN = "weixin", _("WeChat")
        QQ = "qq", _("QQ")
        TAOBAO = "taobao", _("Taobao")
        PINDUODUO = "pinduoduo", _("Pinduoduo")
        BILIBILI = "bilibili", _("Bilibili")
        TENCENT = "tencent", _("Tencent Video")

    session = models.ForeignKey(LiveSession, models.CASCADE, related_name="channels")
    platform = models.CharField(max_length=10, choices=Platform)
    account = models.CharField(max_length=80, blank=True)
    room = models.CharField(max_length=100, blank=True)
    address = models.URLField(blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_channel_period"
            ),
            # Elsewhere a room belongs to somebody's account; ours is the session itself.
            models.CheckConstraint(
                condition=Q(platform="own", account="") | (~Q(platform="own") & ~Q(account="")),
                name="session_channel_account",
            ),
            models.UniqueConstraint(
                fields=["session", "platform", "account"], name="session_channel_once"
            ),
        ]


class ShelfItem(models.Model):
    """A pack on a session's shelf (货架), in the order in which it is to be shown."""

    session = models.ForeignKey(LiveSession, models.CASCADE, related_name="shelf")
    pack = models.ForeignKey("catalogue.Product", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    # How many packs one buyer may have; none: as many as there are.
    per_buyer = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ["session_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "pack"], name="shelf_pack_once"),
            # Checked at the end of a transaction: two that change places pass each other.
            models.UniqueConstraint(
                fields=["session", "position"],
                name="shelf_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(position__gte=1), name="shelf_from_one"),
            models.CheckConstraint(
                condition=Q(per_buyer__isnull=True) | Q(per_buyer__gte=1),
                name="shelf_per_buyer_positive",
            ),
        ]


class CueCard(models.Model):
    """What the host says of a pack (手卡). The price is the pack's own, never typed here."""

    item = models.OneToOneField(ShelfItem, models.CASCADE, related_name="card")
    points_zh = models.TextField(blank=True)
    points_en = models.TextField(blank=True)
    proofs_zh = models.TextField(blank=True)
    proofs_en = models.TextField(blank=True)
    quota_zh = models.CharField(max_length=100, blank=True)
    quota_en = models.CharField(max_length=100, blank=True)
    village_zh = models.CharField(max_length=100, blank=True)
    village_en = models.CharField(max_length=100, blank=True)

    @property
    def points(self) -> str:
        return in_language(self.points_zh, self.points_en)

    @property
    def proofs(self) -> str:
        return in_language(self.proofs_zh, self.proofs_en)

    @property
    def quota(self) -> str:
        return in_language(self.quota_zh, self.quota_en)

    @property
    def village(self) -> str:
        return in_language(self.village_zh, self.village_en)
