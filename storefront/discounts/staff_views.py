"""Staff pages in Wagtail's admin: offers and vouchers, gift vouchers, what hosts pay in."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from catalog.numbers import to_fen
from catalog.staff import allowed
from storefront.discounts import gifts, selectors, services
from storefront.discounts.forms import GiftForm, HostForm, HostPaymentForm, OfferForm
from storefront.discounts.models import Gift, HostPayment, Terms

PER_PAGE = 50
SEE_OFFERS, EDIT_OFFERS = "discounts.view_terms", "discounts.change_terms"
SEE_GIFTS, ISSUE = "discounts.view_gift", "discounts.add_gift"
SEE_HOSTS, RECEIVE = "discounts.view_hostpayment", "discounts.add_hostpayment"
# The code of the gift voucher that was just issued, for the one page that shows it.
CODE_KEY = "gift_code"


def _page(
    request: HttpRequest, template: str, title: str, trail: list[tuple[str, str]], **context: Any
) -> HttpResponse:
    """A page with Wagtail's header; `trail` are the pages above it as (address, name)."""
    above = [(reverse("wagtailadmin_home"), _("Home")), *trail, ("", title)]
    status = context.pop("status", 200)
    context |= {
        "header_title": title,
        "header_icon": "tag",
        "breadcrumbs_items": [{"url": url, "label": label} for url, label in above],
        "may_edit": request.user.has_perm(EDIT_OFFERS),
        "may_issue": request.user.has_perm(ISSUE),
        "may_receive": request.user.has_perm(RECEIVE),
    }
    return render(request, template, context, status=status)


def _offers_trail() -> list[tuple[str, str]]:
    return [(reverse("discounts_staff:offers"), _("Offers and vouchers"))]


def _gifts_trail() -> list[tuple[str, str]]:
    return [*_offers_trail(), (reverse("discounts_staff:gifts"), _("Gift vouchers"))]


def _try(form: forms.Form, act: Callable[[], Any]) -> Any:
    """Do what a valid form asks for; a refusal goes to its field, and None comes back."""
    try:
        return act()
    except (services.CannotSave, gifts.CannotIssue) as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


@require_safe
@never_cache
@allowed(SEE_OFFERS)
def offers(request: HttpRequest) -> HttpResponse:
    """Offers and vouchers: what they take off, how often they were used, what that cost."""
    shown = Paginator(selectors.all_terms(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(terms, selectors.saving(terms)) for terms in shown]
    title = _("Offers and vouchers")
    return _page(request, "staff/discounts/offers.html", title, [], shown=shown, rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_OFFERS, EDIT_OFFERS)
def edit_offer(request: HttpRequest, terms_id: int | None = None) -> HttpResponse:
    """Make an offer or voucher, or change one."""
    terms = get_object_or_404(Terms, pk=terms_id) if terms_id is not None else None
    form = OfferForm(request.POST or None, terms=terms)
    if request.method == "POST" and form.is_valid():
        saved = _try(form, lambda: services.save_offer(form.wish(), terms_id))
        if saved is not None:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            return redirect("discounts_staff:offer", terms_id=saved.pk)
    return _page(
        request,
        "staff/form.html",
        terms.name if terms else _("New offer or voucher"),
        _offers_trail(),
        form=form,
        button=_("Save"),
        status=422 if form.errors else 200,
    )


@require_safe
@never_cache
@allowed(SEE_OFFERS)
def offer(request: HttpRequest, terms_id: int) -> HttpResponse:
    """One offer: its terms, its uses, what it cost and whom."""
    terms = get_object_or_404(selectors.all_terms(), pk=terms_id)
    uses = terms.uses.select_related("attempt__order", "voucher").order_by("-pk")
    given, back = selectors.cost_of(terms)
    return _page(
        request,
        "staff/discounts/offer.html",
        terms.name,
        _offers_trail(),
        terms=terms,
        saving=selectors.saving(terms),
        shown=Paginator(uses, PER_PAGE).get_page(request.GET.get("page")),
        given_fen=given,
        back_fen=back,
    )


@require_POST
@allowed(SEE_OFFERS, EDIT_OFFERS)
def pause_offer(request: HttpRequest, terms_id: int) -> HttpResponse:
    """Stop an offer, or let it go on."""
    get_object_or_404(Terms, pk=terms_id)
    terms = services.pause(terms_id, request.POST.get("paused") == "1")
    said = _("“%(name)s” is paused.") if terms.paused else _("“%(name)s” goes on.")
    messages.success(request, said % {"name": terms.name})
    return redirect("discounts_staff:offer", terms_id=terms_id)


@require_safe
@never_cache
@allowed(SEE_GIFTS)
def all_gifts(request: HttpRequest) -> HttpResponse:
    """Gift vouchers and what they are still good for."""
    sums = Gift.objects.aggregate(free=Sum("balance_fen"), held=Sum("held_fen"))
    return _page(
        request,
        "staff/discounts/gifts.html",
        _("Gift vouchers"),
        _offers_trail(),
        shown=Paginator(Gift.objects.all(), PER_PAGE).get_page(request.GET.get("page")),
        open_fen=(sums["free"] or 0) + (sums["held"] or 0),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_GIFTS, ISSUE)
def issue_gift(request: HttpRequest) -> HttpResponse:
    """Issue a gift voucher; the next page shows its code, once."""
    form = GiftForm(request.POST or None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        issued = _try(
            form,
            lambda: gifts.issue(form.wish(), request.user, key=form.cleaned_data["key"]),
        )
        if issued is not None:
            gift, code = issued
            if code:
                request.session[CODE_KEY] = [gift.pk, code]
            return redirect("discounts_staff:gift", gift_id=gift.pk)
    return _page(
        request,
        "staff/form.html",
        _("Issue a gift voucher"),
        _gifts_trail(),
        form=form,
        button=_("Issue"),
        status=422 if form.errors else 200,
    )


@require_safe
@never_cache
@allowed(SEE_GIFTS)
def gift(request: HttpRequest, gift_id: int) -> HttpResponse:
    """One gift voucher and its moves; its code only just after it was issued."""
    found = get_object_or_404(Gift, pk=gift_id)
    issued = request.session.get(CODE_KEY)
    code = ""
    if issued and issued[0] == gift_id:
        code = request.session.pop(CODE_KEY)[1]
    return _page(
        request,
        "staff/discounts/gift.html",
        _("Gift voucher %(code)s") % {"code": found},
        _gifts_trail(),
        gift=found,
        code=code,
        moves=found.moves.all(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_HOSTS)
def hosts(request: HttpRequest) -> HttpResponse:
    """What each host owes, and what was paid in; with the right to it, a payment is entered."""
    form = HostPaymentForm(request.POST or None)
    if request.method == "POST":
        if not request.user.has_perm(RECEIVE):
            return redirect("discounts_staff:hosts")
        data = form.cleaned_data if form.is_valid() else None
        if data and _try(
            form,
            lambda: services.record_host_payment(
                data["host"].pk, to_fen(data["amount"]), data["reference"], request.user
            ),
        ):
            messages.success(request, _("The payment is booked."))
            return redirect("discounts_staff:hosts")
    return _page(
        request,
        "staff/discounts/hosts.html",
        _("Hosts who pay for offers"),
        _offers_trail(),
        balances=selectors.host_balances(),
        payments=HostPayment.objects.select_related("host")[:PER_PAGE],
        form=form,
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_HOSTS, EDIT_OFFERS)
def new_host(request: HttpRequest) -> HttpResponse:
    """Enter a host."""
    form = HostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("discounts_staff:hosts")
    return _page(
        request,
        "staff/form.html",
        _("New host"),
        _offers_trail(),
        form=form,
        button=_("Save"),
        status=422 if form.errors else 200,
    )
