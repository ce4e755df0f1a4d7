"""Who may work for which cooperative (DESIGN §8). Oscar's partner.users is never used."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Membership(models.Model):
    """A person's role in a cooperative. Every query of the portal starts from these rows."""

    class Role(models.TextChoices):
        MANAGER = "manager", _("cooperative manager")
        PACKER = "packer", _("packer")
        BOOKKEEPER = "bookkeeper", _("bookkeeper")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    partner = models.ForeignKey("partner.Partner", models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role)

    class Meta:
        verbose_name = _("cooperative's staff")
        verbose_name_plural = _("cooperatives' staff")
        constraints = [
            models.UniqueConstraint(fields=["user", "partner", "role"], name="membership_once")
        ]
