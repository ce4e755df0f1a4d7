"""The portal's pages of cases: those on the cooperative's own consignments, and no others."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives.portal.access import Desk, Right, portal_page
from cooperatives.portal.selectors import page_of
from storefront.aftersales.cases import rules, selectors, services
from storefront.aftersales.cases.forms import AnswerForm, DecisionForm, bound
from storefront.aftersales.cases.models import Case, CaseEntry, CasePicture
from storefront.aftersales.cases.serving import picture_response
from storefront.aftersales.services import CannotRefund

COOPERATIVE = CaseEntry.Author.COOPERATIVE


@portal_page(Right.SEE_CONSIGNMENTS)
def case_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The cases, what is due first."""
    only_open = request.GET.get("show") != "all"
    rows = selectors.list_of_cooperative(desk.partner, only_open)
    context = {
        "desk": desk,
        "active": "cases",
        "only_open": only_open,
        "page_of_rows": page_of(rows, request.GET.get("page")),
        "now": now(),
    }
    return render(request, "portal/cases.html", context)


@portal_page(Right.SEE_CONSIGNMENTS)
def case(request: HttpRequest, desk: Desk, case_id: int) -> HttpResponse:
    """A case: what the buyer says, and what to do."""
    return _page(request, desk, selectors.case_of_cooperative(desk.partner, case_id))


@portal_page(Right.DECIDE_CASES, methods=("POST",))
def reply(request: HttpRequest, desk: Desk, case_id: int) -> HttpResponse:
    """Answer the buyer, or ask something."""
    found = selectors.case_of_cooperative(desk.partner, case_id)
    form = bound(AnswerForm, request)
    if not form.is_valid():
        return _page(request, desk, found, answer=form)
    try:
        words = form.words(COOPERATIVE, request.user)
        services.reply(found.pk, words, ask=form.cleaned_data["ask"])
    except services.CaseRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Sent to the buyer."))
    return redirect("coop-cases:case", coop=desk.partner.code, case_id=found.pk)


@portal_page(Right.DECIDE_CASES, methods=("POST",))
def decide(request: HttpRequest, desk: Desk, case_id: int) -> HttpResponse:
    """Agree, in whole or in part, or refuse with a reason."""
    found = selectors.case_of_cooperative(desk.partner, case_id)
    form = bound(DecisionForm, request, case=found, by_staff=False)
    if not form.is_valid():
        return _page(request, desk, found, decision=form)
    try:
        words = form.words(COOPERATIVE, request.user)
        services.decide(found.pk, words, amount_fen=form.amount_fen)
    except (services.CaseRefused, CannotRefund) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Decided; the buyer is told."))
    return redirect("coop-cases:case", coop=desk.partner.code, case_id=found.pk)


@portal_page(Right.SEE_CONSIGNMENTS)
def picture(request: HttpRequest, desk: Desk, picture_id: int) -> HttpResponse:
    """A picture of a case on one of the cooperative's consignments."""
    own = CasePicture.objects.filter(entry__case__line__consignment__partner=desk.partner)
    return picture_response(selectors.picture(own, picture_id))


def _page(
    request: HttpRequest,
    desk: Desk,
    found: Case,
    answer: AnswerForm | None = None,
    decision: DecisionForm | None = None,
) -> HttpResponse:
    def address_of(one: CasePicture) -> str:
        return reverse("coop-cases:picture", args=[desk.partner.code, one.pk])

    may = Right.DECIDE_CASES in desk.rights and found.is_open
    ours = may and found.owner == Case.Owner.COOPERATIVE
    context: dict[str, Any] = {
        "desk": desk,
        "active": "cases",
        "shown": selectors.shown(found, address_of),
        "case": found,
        "consignment": found.line.consignment if found.line else None,
        "left_fen": rules.left_fen(found.line) if found.line else 0,
        "answer": (answer or AnswerForm()) if may else None,
        "decision": (decision or DecisionForm(case=found, by_staff=False)) if ours else None,
        "now": now(),
    }
    status = 422 if answer or decision else 200
    return render(request, "portal/case.html", context, status=status)
