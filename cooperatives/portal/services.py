"""What the portal's buttons do: the chain's services, made safe against a second tap.

A phone with poor signal sends a tap twice, and two people stand at one list. So each button names
what the person saw, and nothing happens if that is no longer so.
"""

import secrets
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog.models import Produce
from cooperatives.households.models import Household, Lot
from cooperatives.households.services import NewLot, deliver_lots, write_off
from cooperatives.partner.models import Partner
from cooperatives.partner.stock import lock_pools
from cooperatives.routing.services import lock_consignment, undo

# Without the letters that are read as 1, 0 or V.
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Changed(Exception):
    """What the person saw is no longer so. The message says what is."""


def undo_seen(consignment_id: int, seen: str, actor: Any) -> None:
    """Undo a consignment's last step if its state still is `seen`.

    Raises Changed if it is another one (a second tap, or a colleague was quicker), WrongState if
    the step can no longer be undone.
    """
    with transaction.atomic():
        if lock_consignment(consignment_id).state != seen:
            raise Changed(_("Nothing was undone: the consignment has changed meanwhile."))
        undo(consignment_id, actor)


def write_off_seen(lot: Lot, grams: int, seen_left: int, reason: str, actor: Any) -> None:
    """Write grams of a lot off if `seen_left` grams are still left of it; else raises Changed.

    Raises ValueError when the lot has fewer grams.
    """
    with transaction.atomic():
        lock_pools([lot.pool_id])
        lot.refresh_from_db(fields=["grams", "drawn_grams", "written_off_grams"])
        if lot.left != seen_left:
            raise Changed(
                _("Nothing was written off: %(left)s g of the lot are left now.")
                % {"left": lot.left}
            )
        write_off(lot.pk, grams, reason, actor)


def lot_token() -> str:
    """Four letters and digits for a new lot's code, such as 7K3Q."""
    return "".join(secrets.choice(CODE_LETTERS) for _n in range(4))


def enter_lot(
    partner: Partner,
    *,
    household: Household,
    produce: Produce,
    grams: int,
    grade: str,
    delivered_on: date,
    code: str,
    token: str,
) -> tuple[Lot, bool]:
    """Enter one delivered lot; gives it, and whether it is new.

    Without a `code` it gets one of cooperative, day and the form's `token` (lot_token):
    GY-YONGFU-260731-7K3Q. So the same form sent twice is one lot, and two people who enter lots at
    once never meet. Raises ValueError if a lot with another content has the code, NoCreditRule.
    """
    code = code or f"{partner.code}-{delivered_on:%y%m%d}-{token}"
    new = NewLot(code, household.pk, produce.pk, partner.pk, delivered_on, grams, grade)
    try:
        return deliver_lots([new])[0], True
    except (ValueError, IntegrityError):
        # Two taps at one instant: the unique code lets one through.
        known = Lot.objects.filter(code=code).select_related("pool").first()
        if known is None:
            raise
    same = (
        known.household_id == household.pk
        and known.pool.produce_id == produce.pk
        and (known.grams, known.grade, known.delivered_on) == (grams, grade, delivered_on)
    )
    if not same:
        raise ValueError(_("The lot %(code)s is known already: nothing changed.") % {"code": code})
    return known, False
