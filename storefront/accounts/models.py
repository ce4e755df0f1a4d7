"""People who sign in: by e-mail or by phone; their addresses, codes and consents."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from oscar.apps.customer.abstract_models import AbstractUser


class User(AbstractUser):
    """A person. At least one of e-mail and phone; each belongs to one person, whatever its case."""

    email = models.EmailField(_("email address"), unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=32, unique=True, null=True, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    # Who they belong to: college, office. Told by the campus account, or by themselves.
    unit = models.CharField(_("unit"), max_length=120, blank=True)
    # The e-mail address, in lower case, that a code or the campus proved; the present one or not.
    proved_email = models.CharField(max_length=254, blank=True, editable=False)
    # Since when a second step (allauth's Authenticator) is set up; also which one sessions passed.
    second_factor_at = models.DateTimeField(null=True, editable=False)
    # How often this person signed out everywhere: a session from before is none any more.
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    # The account was deleted: the row stays for the books, with nothing of the person in it.
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | models.Q(phone__isnull=False),
                name="user_has_email_or_phone",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email or self.phone or str(self.pk)

    @property
    def has_proved_email(self) -> bool:
        """Whether the present e-mail address is surely theirs."""
        return bool(self.email) and (self.email or "").lower() == self.proved_email

    def _get_session_auth_hash(self, secret=None):
        """What ties a session to its person: the password, and how often all were ended."""
        if not self.sessions_ended:
            return super()._get_session_auth_hash(secret)
        value = f"{self.sessions_ended}:{self.password}"
        salt = "storefront.accounts.sessions"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()


class OneTimeCode(models.Model):
    """Six digits sent to an e-mail address or phone. Kept as a digest, good once, for minutes."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", _("sign in")
        CHANGE = "change", _("change e-mail or phone")

    class Channel(models.TextChoices):
        MAIL = "mail", _("e-mail")
        SMS = "sms", _("text message")

    # The browser that asked has it in its session: the digits alone are worth nothing elsewhere.
    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=8, choices=Purpose)
    channel = models.CharField(max_length=8, choices=Channel)
    # The e-mail address in lower case, or the plain number.
    contact = models.CharField(max_length=254)
    # Who changes their contact; empty to sign in, also for those who have an account.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="codes"
    )
    digest = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["contact", "created_at"], name="code_by_contact")]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose="sign_in", user__isnull=True)
                | Q(purpose="change", user__isnull=False),
                name="code_change_is_of_somebody",
            )
        ]


class SavedAddress(models.Model):
    """A delivery address in somebody's address book."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_addresses"
    )
    name = models.CharField(_("Recipient"), max_length=60)
    phone = models.CharField(_("Phone"), max_length=32)
    province = models.CharField(_("Province"), max_length=16)
    city = models.CharField(_("City"), max_length=60)
    district = models.CharField(_("District or county"), max_length=60)
    # Street office, town or township; empty where it is not known.
    town = models.CharField(_("Street office or town"), max_length=60, blank=True)
    detail = models.CharField(_("Street, building, room"), max_length=140)
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-is_default", "-changed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="address_one_default"
            )
        ]

    @property
    def street(self) -> str:
        """Town and street in one, as a parcel has it."""
        return self.town + self.detail


class Consent(models.Model):
    """Somebody agreed to a version of the privacy notice: at sign-up, or with an order."""

    class Place(models.TextChoices):
        SIGN_UP = "sign_up", _("new account")
        CHECKOUT = "checkout", _("checkout")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="consents"
    )
    attempt = models.OneToOneField(
        "payments.PaymentAttempt", models.PROTECT, null=True, related_name="consent"
    )
    place = models.CharField(max_length=8, choices=Place)
    version = models.CharField(max_length=16)
    language = models.CharField(max_length=16)
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["given_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(attempt__isnull=False),
                name="consent_is_somebodys",
            )
        ]
