"""Staff pages in Wagtail's admin: orders, refunds, attribution, sharing out (DESIGN §8)."""

import uuid

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from catalog.numbers import to_yuan
from catalog.staff import allowed, staff_page
from cooperatives.settlement.services import share_out_due
from livestream.campaigns.services import OverrideRefused, override
from storefront.aftersales import staff, staff_selectors
from storefront.aftersales.models import Refund
from storefront.aftersales.sending import (
    may_be_paid_by_hand,
    next_try,
    pay_by_hand,
    send_after_commit,
)
from storefront.aftersales.services import CannotRefund
from storefront.aftersales.staff_forms import (
    ByHandForm,
    OrderSearchForm,
    OverrideForm,
    RefundForm,
    RefundQueueForm,
)
from storefront.order.models import Order

PER_PAGE = 50
SEE_ORDERS = "order.view_order"
SEE_REFUNDS = "aftersales.view_refund"
REFUND = "aftersales.add_refund"
PAY = "aftersales.change_refund"
SHARE_OUT = "settlement.add_sharingout"
OVERRIDE = "campaigns.add_lineattribution"


def _orders_trail() -> list[tuple[str, str]]:
    return [(reverse("staff:orders"), _("Orders"))]


def _order_trail(number: str) -> list[tuple[str, str]]:
    return [*_orders_trail(), (reverse("staff:order", args=[number]), number)]


@require_safe
@never_cache
@allowed(SEE_ORDERS)
def orders(request: HttpRequest) -> HttpResponse:
    """Orders, searched and paged."""
    form = OrderSearchForm(request.GET)
    found = staff_selectors.orders(**form.cleaned_data) if form.is_valid() else Order.objects.none()
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return staff_page(request, "staff/orders.html", _("Orders"), [], shown=shown, form=form)


@require_safe
@never_cache
@allowed(SEE_ORDERS)
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order: lines, attribution, consignments, payment, refunds, messages."""
    shown = staff_selectors.staff_order(number)
    return staff_page(
        request,
        "staff/order.html",
        _("Order %(number)s") % {"number": number},
        _orders_trail(),
        shown=shown,
        may_refund=shown.refundable and request.user.has_perm(REFUND),
        may_override=request.user.has_perm(OVERRIDE),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_ORDERS, REFUND)
def refund(request: HttpRequest, number: str) -> HttpResponse:
    """Say what to refund, see what it comes to, confirm. The form's uuid makes it one refund."""
    shown = staff_selectors.staff_order(number)
    if shown.attempt is None:
        raise Http404("Not paid through us")
    lines = [part for one in shown.consignments for part in one.lines]
    form = RefundForm(request.POST or None, lines=lines, initial={"uuid": uuid.uuid4()})
    if request.method == "POST" and "back" in request.POST:
        return _refund_form(request, number, form)
    if request.method != "POST" or not form.is_valid():
        return _refund_form(request, number, form, 422 if form.is_bound else 200)
    plan = form.plan()
    try:
        if request.POST.get("expected", "").isdecimal():
            made = staff.carry_out(
                shown.order.pk,
                plan,
                expected_fen=int(request.POST["expected"]),
                uuid=form.cleaned_data["uuid"],
                actor=request.user,
            )
            amount = to_yuan(made.amount_fen)
            messages.success(request, _("¥%(amount)s goes back.") % {"amount": amount})
            return redirect("staff:order", number=number)
        seen = staff.preview(shown.order.pk, plan)
    except CannotRefund as refusal:
        form.add_error(None, str(refusal))
        return _refund_form(request, number, form, 422)
    return staff_page(
        request,
        "staff/refund_confirm.html",
        _("Confirm the refund"),
        _order_trail(number),
        form=form,
        plan=plan,
        preview=seen,
    )


def _refund_form(
    request: HttpRequest, number: str, form: RefundForm, status: int = 200
) -> HttpResponse:
    trail = _order_trail(number)
    return staff_page(request, "staff/refund.html", _("Refund"), trail, form=form, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_REFUNDS)
def refunds(request: HttpRequest) -> HttpResponse:
    """The queue of refunds; "try again now" has a worker send one with its own key."""
    if request.method == "POST":
        if not request.user.has_perm(REFUND):
            raise PermissionDenied
        try:
            chosen = uuid.UUID(request.POST.get("uuid", ""))
        except ValueError:
            raise Http404("No such refund") from None
        send_after_commit(get_object_or_404(Refund, pk=chosen))
        messages.success(request, _("It is being tried again: look once more in a moment."))
        return redirect(request.get_full_path())
    form = RefundQueueForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    shown = Paginator(staff_selectors.refunds(state), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, next_try(one), may_be_paid_by_hand(one)) for one in shown]
    return staff_page(
        request,
        "staff/refunds.html",
        _("Refunds"),
        [],
        shown=shown,
        rows=rows,
        form=form,
        may_retry=request.user.has_perm(REFUND),
        may_pay=request.user.has_perm(PAY),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_REFUNDS, PAY)
def refund_by_hand(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """Write down that finance paid a refund by a transfer or in cash."""
    found = get_object_or_404(Refund.objects.select_related("order", "attempt"), pk=uuid)
    form = ByHandForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pay_by_hand(found.pk, **form.cleaned_data, actor=request.user)
        except CannotRefund as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The refund is done."))
            return redirect("staff:refunds")
    return staff_page(
        request,
        "staff/refund_by_hand.html",
        _("Paid by hand"),
        [(reverse("staff:refunds"), _("Refunds"))],
        form=form,
        found=found,
        possible=may_be_paid_by_hand(found),
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_ORDERS, OVERRIDE)
def attribution(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Credit a line to another campaign, or to none, with a reason."""
    shown = staff_selectors.staff_order(number)
    row = next((one for one in shown.lines if one.line.pk == line_id), None)
    if row is None or row.attribution is None:
        raise Http404("No such line")
    form = OverrideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["campaign"]
        try:
            override(
                line_id, chosen.pk if chosen else None, request.user, form.cleaned_data["reason"]
            )
        except OverrideRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The line is credited otherwise now."))
            return redirect("staff:order", number=number)
    return staff_page(
        request,
        "staff/attribution.html",
        _("Credit a line otherwise"),
        _order_trail(number),
        form=form,
        row=row,
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SHARE_OUT)
def sharing_out(request: HttpRequest) -> HttpResponse:
    """What was shared out lately, and the button that does it now instead of tonight."""
    if request.method == "POST":
        count = share_out_due()
        messages.success(request, _("%(count)s sales pools were shared out.") % {"count": count})
        return redirect("staff:sharing-out")
    return staff_page(
        request,
        "staff/sharing_out.html",
        _("Sharing out"),
        [],
        sharings=staff_selectors.recent_sharings(),
        pools_over=staff_selectors.pools_over(),
    )
