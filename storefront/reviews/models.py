"""Reviews: of a produce, by who bought it and got it, public once staff have published them."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from storefront.aftersales.cases.models import private_storage

MOST_TEXT = 1000


def picture_name(picture: "ReviewPicture", name: str) -> str:
    """Where a picture lies: its key, which cannot be guessed."""
    return f"reviews/{picture.key}.jpg"


def new_key() -> str:
    return get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")


class Review(models.Model):
    """What a buyer says about an order line that was delivered.

    waiting → published (public from then on) or refused; a published one may be refused later.
    Its author may change or delete it until it is published.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("to be looked at")
        PUBLISHED = "published", _("published")
        REFUSED = "refused", _("refused")

    class Voice(models.TextChoices):
        COOPERATIVE = "cooperative", _("the cooperative")
        PROGRAMME = "programme", _("the programme")

    produce = models.ForeignKey("catalogue.Produce", models.PROTECT, related_name="reviews")
    order_line = models.OneToOneField("order.Line", models.PROTECT, related_name="review")
    # Who wrote it; empty for a guest.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="shop_reviews"
    )
    stars = models.PositiveSmallIntegerField(
        _("stars"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    # As it was typed; shown as text, never as HTML.
    text = models.TextField(_("text"), max_length=MOST_TEXT, blank=True)
    # What it is shown under, "张**"; empty: "anonymous buyer" in the page's language.
    nickname = models.CharField(_("name shown"), max_length=8, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    # To its author, why it was refused.
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    reply = models.TextField(_("reply"), max_length=MOST_TEXT, blank=True)
    reply_by = models.CharField(_("in the name of"), max_length=11, choices=Voice, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(stars__range=(1, 5)), name="review_stars"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | Q(state="published", decided_at__isnull=False)
                | Q(state="refused", decided_at__isnull=False) & ~Q(reason=""),
                name="review_state_has_its_fields",
            ),
            models.CheckConstraint(
                condition=Q(reply="", reply_by="") | ~Q(reply="") & ~Q(reply_by=""),
                name="review_reply_has_a_voice",
            ),
        ]
        indexes = [
            models.Index(
                fields=["produce", "-created_at"],
                condition=Q(state="published"),
                name="review_published",
            ),
            models.Index(fields=["state", "created_at"], name="review_queue"),
        ]
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def reply_name(self) -> str:
        return str(self.Voice(self.reply_by).label) if self.reply_by else ""


class ReviewPicture(models.Model):
    """A picture of a review, made anew from what was sent (cases.pictures), without its EXIF."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="pictures")
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    image = models.ImageField(
        storage=private_storage,
        upload_to=picture_name,
        width_field="width",
        height_field="height",
        max_length=120,
    )
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
