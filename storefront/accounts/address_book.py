"""The address book. Every function begins with the person: another's address is not found."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalog.clock import now
from storefront.accounts.models import SavedAddress, User

MOST = 30
FIELDS = ("name", "phone", "province", "city", "district", "town", "detail")


class TooManyAddresses(Exception):
    """The book is full."""


def addresses_of(user: Any) -> QuerySet[SavedAddress]:
    """Somebody's addresses, the default first; none for a guest."""
    if not user.is_authenticated:
        return SavedAddress.objects.none()
    return SavedAddress.objects.filter(user=user)


@transaction.atomic
def save_address(
    user: User, values: Mapping[str, str], *, default: bool = False, pk: int | None = None
) -> SavedAddress:
    """Write an address into the book, or change the one with this `pk`.

    `values` has FIELDS. The first one is the default; the same one twice is one. Raises
    TooManyAddresses, and SavedAddress.DoesNotExist where `pk` is not the person's.
    """
    User.objects.select_for_update().get(pk=user.pk)
    mine = addresses_of(user)
    given = {field: values.get(field, "") for field in FIELDS}
    if pk is not None:
        address = mine.get(pk=pk)
    else:
        known = mine.filter(**given).first()
        if known is None and mine.count() >= MOST:
            raise TooManyAddresses
        address = known or SavedAddress(user=user, created_at=now())
    for field, value in given.items():
        setattr(address, field, value)
    address.is_default = address.is_default or default or not mine.filter(is_default=True).exists()
    if address.is_default:
        mine.exclude(pk=address.pk).filter(is_default=True).update(is_default=False)
    address.changed_at = now()
    address.save()
    return address


@transaction.atomic
def make_default(user: User, pk: int) -> None:
    """The address that is chosen beforehand. Raises SavedAddress.DoesNotExist."""
    User.objects.select_for_update().get(pk=user.pk)
    address = addresses_of(user).get(pk=pk)
    addresses_of(user).filter(is_default=True).update(is_default=False)
    address.is_default = True
    address.save(update_fields=["is_default"])


@transaction.atomic
def delete_address(user: User, pk: int) -> None:
    """Take an address out; the one changed last becomes the default. Raises DoesNotExist."""
    User.objects.select_for_update().get(pk=user.pk)
    address = addresses_of(user).get(pk=pk)
    address.delete()
    left = addresses_of(user).first()
    if address.is_default and left is not None:
        left.is_default = True
        left.save(update_fields=["is_default"])
