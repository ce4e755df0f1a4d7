"""Deleting an account: what the books need stays, with nobody in it."""

from django.db import models, transaction
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from catalog.clock import now
from cooperatives.portal.models import Membership
from livestream.campaigns.models import LinkTouch
from storefront.accounts.blanking import (
    blank_attempt,
    blank_messages,
    blank_order,
    unfinished,
)
from storefront.accounts.models import Consent, OneTimeCode, User
from storefront.notifications.models import Message, Preference
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt

# Of what hangs on a person these stay: they are of the books and name nobody.
STAY = (Preference, get_model("basket", "Basket"), Consent)


class CannotDelete(Exception):
    """The account stays as it is. The text is for the person."""


def hindrance(user: User) -> str:
    """Why the account cannot be deleted now, in words; empty if it can."""
    if user.is_staff or Membership.objects.filter(user=user).exists():
        return _("You work with this account. Ask the administrator to close it.")
    if PaymentAttempt.objects.filter(user=user, state=PaymentAttempt.State.OPEN).exists():
        return _("A payment of yours is under way. Finish it or give it up first.")
    waiting = unfinished(Order.objects.filter(user=user)).order_by("number")
    numbers = list(waiting.values_list("number", flat=True)[:5])
    if numbers:
        return _(
            "Something is still under way with your order %(numbers)s. "
            "Delete the account once it has arrived, and questions and refunds are settled."
        ) % {"numbers": ", ".join(numbers)}
    return ""


@transaction.atomic
def delete_account(user: User) -> None:
    """Sign the person out everywhere, and take them out of everything. Raises CannotDelete."""
    gone = User.objects.select_for_update().get(pk=user.pk)
    if why := hindrance(gone):
        raise CannotDelete(why)
    for order_id in Order.objects.filter(user=gone).order_by("pk").values_list("pk", flat=True):
        if not blank_order(order_id):  # a case was opened this moment
            raise CannotDelete(hindrance(gone))
    placed = PaymentAttempt.State.PLACED
    attempts = PaymentAttempt.objects.select_for_update().filter(user=gone).exclude(state=placed)
    for attempt in attempts.order_by("pk"):
        blank_attempt(attempt)
    blank_messages(Message.objects.filter(order=None, context__user=gone.pk))
    OneTimeCode.objects.filter(
        contact__in=[one for one in (gone.email, gone.phone) if one]
    ).delete()
    LinkTouch.objects.filter(user=gone).update(user=None)
    _delete_own(gone)
    gone.email, gone.phone = f"deleted-{gone.pk}@deleted.invalid", None
    gone.first_name = gone.last_name = gone.language = gone.unit = gone.proved_email = ""
    gone.second_factor_at = None
    gone.is_active = False
    gone.deleted_at = now()
    gone.sessions_ended += 1
    gone.set_unusable_password()
    gone.save()


def _delete_own(user: User) -> None:
    """Delete what is the person's alone: all that would go with the row of the account."""
    baskets = get_model("basket", "Basket").objects.filter(owner=user)
    baskets.filter(payment_attempts=None, order=None).delete()
    for relation in User._meta.related_objects:
        cascades = relation.on_delete is models.CASCADE and relation.field.model not in STAY
        if cascades and not relation.many_to_many:
            relation.field.model._base_manager.filter(**{relation.field.name: user}).delete()
