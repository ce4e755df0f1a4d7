"""The address book, and the fields below a province."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from storefront.accounts import address_book
from storefront.accounts.address_forms import (
    SavedAddressForm,
    draft_of,
    next_levels,
    pasted,
    to_look_at,
)
from storefront.accounts.limits import by_session, too_often, wait_page
from storefront.accounts.models import SavedAddress, User

CHANGES_PER_SESSION = "60/10m"


@require_safe
def divisions(request: HttpRequest) -> HttpResponse:
    """The fields for city, district and street office, below what was chosen. For htmx."""
    form = next_levels(request.GET)
    return render(request, "accounts/_divisions.html", {"form": form})


@require_safe
@login_required
@never_cache
def book(request: HttpRequest) -> HttpResponse:
    """All addresses of the person."""
    shown = address_book.addresses_of(request.user)
    return render(request, "accounts/addresses.html", {"addresses": shown})


def _own(request: HttpRequest, pk: int) -> SavedAddress:
    address = address_book.addresses_of(request.user).filter(pk=pk).first()
    if address is None:
        raise Http404("No such address")
    return address


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A new address, or a change of one."""
    address = _own(request, pk) if pk is not None else None
    user = cast(User, request.user)
    context: dict[str, Any] = {"address": address}
    form = SavedAddressForm(initial=_initial(user, address))
    if request.method == "POST":
        if too_often(request, "accounts.addresses", by_session, CHANGES_PER_SESSION):
            return wait_page(request)
        step = request.POST.get("step")
        if step == "paste":
            parsed = pasted(request.POST.get("pasted", ""))
            form = SavedAddressForm(initial=draft_of(parsed, SavedAddressForm))
            context |= {"pasted": request.POST.get("pasted", ""), "look": to_look_at(parsed)}
        elif step == "divisions":
            form = SavedAddressForm(initial=request.POST.dict())
        else:
            form = SavedAddressForm(request.POST)
            if form.is_valid():
                return _save(request, user, form, pk)
    context["form"] = form
    return render(request, "accounts/address.html", context, status=422 if form.errors else 200)


def _initial(user: User, address: SavedAddress | None) -> dict[str, Any]:
    if address is None:
        return {"name": user.first_name, "phone": user.phone or ""}
    fields = (*address_book.FIELDS, "is_default")
    return {field: getattr(address, field) for field in fields}


def _save(request: HttpRequest, user: User, form: SavedAddressForm, pk: int | None) -> HttpResponse:
    data = form.cleaned_data
    try:
        address_book.save_address(user, data, default=data["is_default"], pk=pk)
    except address_book.TooManyAddresses:
        messages.error(request, _("Your address book is full. Please take one out first."))
    except SavedAddress.DoesNotExist as error:
        raise Http404("No such address") from error
    else:
        messages.success(request, _("The address is kept."))
    return redirect("accounts:addresses")


@require_POST
@login_required
def make_default(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the address that stands first."""
    _own(request, pk)
    address_book.make_default(cast(User, request.user), pk)
    return redirect("accounts:addresses")


@require_POST
@login_required
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an address out of the book."""
    _own(request, pk)
    address_book.delete_address(cast(User, request.user), pk)
    messages.success(request, _("The address is taken out."))
    return redirect("accounts:addresses")
