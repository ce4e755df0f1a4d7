"""Finance's pages in Wagtail's admin: transfers and cash, and what Stripe tells otherwise."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from catalog.staff import allowed
from storefront.payments import receiving
from storefront.payments.gateway import GatewayDown, GatewayRefused
from storefront.payments.models import Gap, OfflinePayment
from storefront.payments.receiving import CannotConfirm
from storefront.payments.reconciling import gaps as found_gaps
from storefront.payments.reconciling import resolve as resolving
from storefront.payments.reconciling import words
from storefront.payments.staff_forms import ExplainForm, ReceiptForm, ResolveForm

PER_PAGE = 50
SEE_PAYMENTS = "payments.view_offlinepayment"
CONFIRM = "payments.change_offlinepayment"
SEE_GAPS = "payments.view_gap"
MEND = "payments.change_gap"


def _page(
    request: HttpRequest, template: str, title: str, trail: list[tuple[str, str]], **context: Any
) -> HttpResponse:
    """A page with Wagtail's header; `trail` are the pages above it as (address, name)."""
    above = [(reverse("wagtailadmin_home"), _("Home")), *trail, ("", title)]
    return render(
        request,
        template,
        {
            "header_title": title,
            "header_icon": "clipboard-list",
            "breadcrumbs_items": [{"url": url, "label": label} for url, label in above],
            **context,
        },
        status=context.pop("status", 200),
    )


def _payments_trail() -> list[tuple[str, str]]:
    return [(reverse("finance:payments"), _("Transfers and cash"))]


def _gaps_trail() -> list[tuple[str, str]]:
    return [(reverse("finance:gaps"), _("Gaps"))]


@require_safe
@never_cache
@allowed(SEE_PAYMENTS)
def payments(request: HttpRequest) -> HttpResponse:
    """Payments whose money may still come, and what was confirmed."""
    shown = Paginator(receiving.confirmed(), PER_PAGE).get_page(request.GET.get("page"))
    return _page(
        request,
        "staff/payments/payments.html",
        _("Transfers and cash"),
        [],
        waiting=receiving.to_confirm(),
        shown=shown,
        may_confirm=request.user.has_perm(CONFIRM),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE_PAYMENTS, CONFIRM)
def confirm(request: HttpRequest, intent_id: str) -> HttpResponse:
    """Say what came in for one payment; that places its order."""
    payment = get_object_or_404(OfflinePayment.objects.select_related("attempt"), pk=intent_id)
    form = ReceiptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            outcome = receiving.confirm(intent_id, form.receipt(), request.user)
        except CannotConfirm as refusal:
            form.add_error(None, str(refusal))
        else:
            if outcome.order is not None:
                number = outcome.order.number
                messages.success(request, _("Order %(number)s is placed.") % {"number": number})
            else:
                messages.warning(
                    request,
                    _("The goods are gone: pay the money back by hand, and say so at the refund."),
                )
            return redirect("finance:payments")
    return _page(
        request,
        "staff/payments/confirm.html",
        _("Confirm a payment"),
        _payments_trail(),
        form=form,
        payment=payment,
        status=422 if form.errors else 200,
    )


@require_safe
@never_cache
@allowed(SEE_GAPS)
def gaps(request: HttpRequest) -> HttpResponse:
    """Gaps: the open ones first, then what was closed or explained."""
    ended = Gap.objects.select_related("ended_by").exclude(state=Gap.State.OPEN)
    shown = Paginator(ended, PER_PAGE).get_page(request.GET.get("page"))
    return _page(
        request,
        "staff/payments/gaps.html",
        _("Gaps"),
        [],
        open_gaps=[(gap, words.cause(gap)) for gap in found_gaps.open_gaps()[:200]],
        ended=[(gap, words.cause(gap)) for gap in shown],
        shown=shown,
        last_run=found_gaps.last_run(),
    )


@require_safe
@never_cache
@allowed(SEE_GAPS)
def gap(request: HttpRequest, pk: int) -> HttpResponse:
    """One gap: its cause, and what can be done."""
    return _gap(request, pk)


def _gap(
    request: HttpRequest, pk: int, explain_form: ExplainForm | None = None, refusal: str = ""
) -> HttpResponse:
    found = get_object_or_404(Gap.objects.select_related("ended_by"), pk=pk)
    return _page(
        request,
        "staff/payments/gap.html",
        _("Gap %(number)s") % {"number": pk},
        _gaps_trail(),
        gap=found,
        cause=words.cause(found),
        proposal=words.proposal(found),
        action=words.action(found),
        may_mend=found.state == Gap.State.OPEN and request.user.has_perm(MEND),
        resolve_form=ResolveForm() if found.kind == Gap.Kind.REFUND_UNKNOWN else None,
        explain_form=explain_form or ExplainForm(),
        refusal=refusal,
        status=422 if refusal or explain_form else 200,
    )


@require_POST
@never_cache
@allowed(SEE_GAPS, MEND)
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry out what is proposed for a gap."""
    get_object_or_404(Gap, pk=pk)
    form = ResolveForm(request.POST)
    bearer = form.cleaned_data["bearer"] if form.is_valid() else ""
    try:
        resolving.resolve(pk, request.user, bearer or "cooperative")
    except resolving.CannotResolve as refusal:
        return _gap(request, pk, refusal=str(refusal))
    except (GatewayDown, GatewayRefused) as error:
        return _gap(request, pk, refusal=_("Stripe does not answer: %(error)s") % {"error": error})
    messages.success(request, _("Done, and the gap is closed."))
    return redirect("finance:gaps")


@require_POST
@never_cache
@allowed(SEE_GAPS, MEND)
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Explain a gap, with name and reason."""
    get_object_or_404(Gap, pk=pk)
    form = ExplainForm(request.POST)
    if not form.is_valid():
        return _gap(request, pk, explain_form=form)
    resolving.acknowledge(pk, request.user, form.cleaned_data["reason"])
    messages.success(request, _("The gap is explained."))
    return redirect("finance:gaps")
