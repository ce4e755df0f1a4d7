"""Favourites of members, and reminders of whoever gave an address for it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Favourite(models.Model):
    """A produce that a member keeps."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites")
    produce = models.ForeignKey("catalogue.Produce", models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "produce"], name="favourite_once"),
        ]
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")


class Reminder(models.Model):
    """Somebody is told once: of a produce that is in season or there again, or of a livestream.

    A member's is for their account, wherever that is reached; a guest's for one address or phone.
    """

    class Kind(models.TextChoices):
        SEASON = "season", _("when its season begins")
        STOCK = "stock", _("when it can be had again")
        LIVE = "live", _("when the livestream begins")

    produce = models.ForeignKey("catalogue.Produce", models.CASCADE, null=True, related_name="+")
    session = models.ForeignKey(
        "live_sessions.LiveSession", models.CASCADE, null=True, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="reminders"
    )
    # A guest's e-mail address in lower case, or mobile number; empty for a member.
    contact = models.CharField(max_length=254, blank=True)
    # Who is reminded, as one word: "user:17", or a guest's contact. What is unique goes by it.
    person = models.CharField(max_length=254)
    # The first day of the season that is waited for; else the day it was asked.
    season = models.DateField()
    language = models.CharField(max_length=16)
    # Asking is the consent: a guest ticks it, with the words of this version of the notice.
    consent_version = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["season", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "produce", "season"],
                condition=Q(kind="season"),
                name="reminder_once_a_season",
            ),
            models.UniqueConstraint(
                fields=["person", "produce"],
                condition=Q(kind="stock", sent_at__isnull=True),
                name="reminder_one_waits_for_stock",
            ),
            models.UniqueConstraint(
                fields=["person", "session"],
                condition=Q(kind="live"),
                name="reminder_once_a_livestream",
            ),
            models.CheckConstraint(
                condition=Q(kind="live", session__isnull=False, produce__isnull=True)
                | Q(kind__in=["season", "stock"], session__isnull=True, produce__isnull=False),
                name="reminder_of_one_thing",
            ),
            models.CheckConstraint(
                condition=(
                    Q(user__isnull=False, contact="") | Q(user__isnull=True) & ~Q(contact="")
                )
                & ~Q(person=""),
                name="reminder_of_one_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["season"], condition=Q(sent_at__isnull=True), name="reminder_waiting"
            )
        ]
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
