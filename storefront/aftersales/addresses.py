"""Another delivery address, until the first parcel of the order is packed."""

import uuid as uuids
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives.routing.freight import NoFreightRate, freight_fen
from cooperatives.routing.models import Consignment, ConsignmentLine
from storefront.accounts.phones import plain_phone
from storefront.aftersales.models import AddressChange, Refund, RefundLine
from storefront.aftersales.services import CannotRefund, lock_order, refund_lines
from storefront.order.models import Order
from storefront.payments.services import DeliveryAddress

State = Consignment.State
# DeliveryAddress's names, and where Oscar's address keeps them.
FIELDS = {
    "name": "first_name",
    "phone": "phone_number",
    "province": "state",
    "city": "line4",
    "district": "line3",
    "street": "line1",
}


class CannotChange(Exception):
    """The address stays as it is. The text is for the buyer."""


def may_change(consignments: list[Consignment]) -> bool:
    """Whether an order's address can still be changed: nothing of it is packed."""
    states = {one.state for one in consignments}
    return State.PAID in states and states <= {State.PAID, State.CANCELLED}


def address_of(order: Order) -> dict[str, str]:
    """Where an order goes, by DeliveryAddress's names."""
    address = order.shipping_address
    found = {name: str(getattr(address, column) or "") for name, column in FIELDS.items()}
    return {**found, "phone": plain_phone(found["phone"])}


@transaction.atomic
def change_address(
    order_id: int, address: DeliveryAddress, *, uuid: uuids.UUID, actor=None
) -> AddressChange | None:
    """Send an order elsewhere; gives what was changed, or None if it goes there already.

    Where the freight to the new province is less, the difference is refunded; where it is more,
    the address stays. `uuid` names the change: the same one again changes nothing.
    Raises CannotChange.
    """
    try:
        _attempt, consignments = lock_order(order_id)
    except CannotRefund as lack:
        raise CannotChange(str(lack)) from lack
    order = Order.objects.select_related("shipping_address").get(pk=order_id)
    known = AddressChange.objects.filter(pk=uuid).first()
    if known:
        if known.order_id != order_id:
            raise CannotChange(_("This change belongs to another order."))
        return known
    if not may_change(list(consignments.values())):
        raise CannotChange(_("It is being packed already: the address can't be changed any more."))
    before, after = address_of(order), {k: str(v) for k, v in asdict(address).items()}
    if before == after:
        return None
    refund = None
    if after["province"] != before["province"]:
        refund = _refund_freight(order_id, consignments, after["province"], actor)
    _write(order, after)
    return AddressChange.objects.create(
        uuid=uuid,
        order=order,
        before=before,
        after=after,
        refund=refund,
        changed_by=actor,
        created_at=now(),
    )


def _write(order: Order, after: Mapping[str, str]) -> None:
    address: Any = order.shipping_address
    for name, column in FIELDS.items():
        setattr(address, column, after[name])
    address.save()
    # By this number the buyer finds the order, and the store calls.
    order.contact_phone = after["phone"]
    order.save(update_fields=["contact_phone"])


def _refund_freight(
    order_id: int, consignments: Mapping[int, Consignment], province: str, actor: Any
) -> Refund | None:
    """Refund what the freight to the new province is less; dearer is refused."""
    waiting = {pk: one for pk, one in consignments.items() if one.state == State.PAID}
    grams = dict(
        ConsignmentLine.objects.filter(consignment__in=waiting)
        .values_list("consignment__partner_id")
        .annotate(total=Sum("ordered_grams"))
        .order_by("consignment__partner_id")
    )
    try:
        fen = freight_fen(grams, province)
    except NoFreightRate as lack:
        raise CannotChange(_("We cannot deliver to this province yet.")) from lack
    cheaper = {}
    for pk, consignment in waiting.items():
        paid = consignment.freight_fen - _given_back_before(pk)
        if fen[consignment.partner_id] > paid:
            raise CannotChange(
                _("The freight to this province is higher. Please cancel and order again.")
            )
        left = consignment.freight_fen - consignment.freight_refunded_fen
        if less := min(paid - fen[consignment.partner_id], left):
            cheaper[pk] = less
    if not cheaper:
        return None
    reason = Refund.Reason.FREIGHT
    return refund_lines(order_id, [], freight=cheaper, actor=actor, reason=reason)


def _given_back_before(consignment_id: int) -> int:
    """What earlier changes of address gave back of a parcel's freight, in fen."""
    rows = RefundLine.objects.filter(
        consignment_id=consignment_id,
        consignment_line__isnull=True,
        refund__reason=Refund.Reason.FREIGHT,
    )
    return rows.aggregate(total=Sum("amount_fen"))["total"] or 0
