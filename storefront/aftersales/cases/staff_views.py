"""The staff's pages of cases and disputes, in Wagtail's admin."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages

from catalog.clock import now
from catalog.staff import allowed, staff_page
from storefront.aftersales.cases import disputes, rules, selectors, services
from storefront.aftersales.cases.forms import (
    AnswerForm,
    AssignForm,
    BearerForm,
    CaseSearchForm,
    DecisionForm,
    EvidenceForm,
    bound,
)
from storefront.aftersales.cases.models import Case, CaseEntry, CasePicture, Dispute
from storefront.aftersales.cases.serving import picture_response
from storefront.aftersales.services import CannotRefund
from storefront.payments.gateway import GatewayDown, GatewayRefused

PER_PAGE = 50
SEE = "cases.view_case"
CHANGE = selectors.CHANGE
STAFF = CaseEntry.Author.STAFF
Kind = Case.Kind


@require_safe
@never_cache
@allowed(SEE)
def cases(request: HttpRequest) -> HttpResponse:
    """Cases by due time."""
    form = CaseSearchForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    shown = Paginator(selectors.list_for_staff(**chosen), PER_PAGE)
    return staff_page(
        request,
        "staff/cases.html",
        _("Cases"),
        [],
        form=form,
        shown=shown.get_page(request.GET.get("page")),
        counts=selectors.counts_for_staff(),
        now=now(),
    )


@require_safe
@never_cache
@allowed(SEE)
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case with its thread, and what can be done."""
    return _page(request, selectors.case_for_staff(case_id))


def _page(request: HttpRequest, found: Case, status: int = 200, **forms: Any) -> HttpResponse:
    def address_of(one: CasePicture) -> str:
        return reverse("staff-cases:picture", args=[one.pk])

    may = found.is_open and request.user.has_perm(CHANGE)
    dispute = found.dispute if found.kind == Kind.DISPUTE else None
    fresh: dict[str, Any] = {}
    if may:
        fresh["answer"] = AnswerForm()
        fresh["assign"] = AssignForm(
            people=selectors.people(),
            initial={"owner": found.owner, "person": found.assigned_id or request.user.pk},
        )
    if may and dispute is None:
        fresh["decision"] = DecisionForm(case=found, by_staff=True)
    if may and dispute is not None:
        fresh["bearer"] = BearerForm(initial={"bearer": found.bearer})
        if dispute.status in (
            Dispute.Status.NEEDS_RESPONSE,
            Dispute.Status.WARNING_NEEDS_RESPONSE,
        ):
            fresh["evidence"] = EvidenceForm()
    return staff_page(
        request,
        "staff/case.html",
        _("Case %(number)s") % {"number": found.pk},
        [(reverse("staff-cases:list"), _("Cases"))],
        shown=selectors.shown(found, address_of),
        case=found,
        dispute=dispute,
        left_fen=rules.left_fen(found.line) if found.line else None,
        now=now(),
        status=status,
        **{**fresh, **forms},
    )


def _act(request: HttpRequest, case_id: int, act: Callable[[], Any], said: str) -> HttpResponse:
    """Do it, say so, and go back to the case; what is refused is said, too."""
    try:
        act()
    except (services.CaseRefused, CannotRefund, GatewayRefused) as refusal:
        messages.error(request, str(refusal))
    except GatewayDown as error:
        messages.error(request, _("Stripe cannot be reached: %(error)s") % {"error": error})
    else:
        messages.success(request, said)
    return redirect("staff-cases:case", case_id=case_id)


@require_POST
@never_cache
@allowed(SEE, CHANGE)
def reply(request: HttpRequest, case_id: int) -> HttpResponse:
    """Answer the buyer, or ask something."""
    found = selectors.case_for_staff(case_id)
    form = bound(AnswerForm, request)
    if not form.is_valid():
        return _page(request, found, 422, answer=form)
    words, ask = form.words(STAFF, request.user), form.cleaned_data["ask"]
    return _act(
        request, case_id, lambda: services.reply(case_id, words, ask=ask), _("Written down.")
    )


@require_POST
@never_cache
@allowed(SEE, CHANGE)
def decide(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give back, in whole or in part, or refuse; and who bears it."""
    found = selectors.case_for_staff(case_id)
    form = bound(DecisionForm, request, case=found, by_staff=True)
    if not form.is_valid():
        return _page(request, found, 422, decision=form)
    words, bearer = form.words(STAFF, request.user), form.cleaned_data["bearer"]
    return _act(
        request,
        case_id,
        lambda: services.decide(case_id, words, amount_fen=form.amount_fen, bearer=bearer),
        _("Decided; the buyer is told."),
    )


@require_POST
@never_cache
@allowed(SEE, CHANGE)
def assign(request: HttpRequest, case_id: int) -> HttpResponse:
    """Say who looks after it."""
    found = selectors.case_for_staff(case_id)
    form = AssignForm(request.POST, people=selectors.people())
    if not form.is_valid():
        return _page(request, found, 422, assign=form)
    chosen = form.cleaned_data
    words = services.Words(chosen["uuid"], STAFF, str(chosen["person"] or ""), request.user)
    return _act(
        request,
        case_id,
        lambda: services.assign(case_id, words, chosen["person"], chosen["owner"]),
        _("Handed over."),
    )


@require_POST
@never_cache
@allowed(SEE, CHANGE)
def bearer(request: HttpRequest, case_id: int) -> HttpResponse:
    """Say who bears a dispute that is lost."""
    found = selectors.case_for_staff(case_id)
    form = BearerForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, bearer=form)
    chosen = form.cleaned_data["bearer"]
    return _act(request, case_id, lambda: services.set_bearer(case_id, chosen), _("Saved."))


def _dispute(found: Case) -> Dispute:
    if found.kind != Kind.DISPUTE:
        raise Http404("No dispute")
    return found.dispute


@require_POST
@never_cache
@allowed(SEE, CHANGE)
def evidence(request: HttpRequest, case_id: int) -> HttpResponse:
    """Send our side to the bank."""
    found = selectors.case_for_staff(case_id)
    dispute = _dispute(found)
    form = EvidenceForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, evidence=form)
    text = form.cleaned_data["text"]
    return _act(
        request,
        case_id,
        lambda: disputes.send_evidence(dispute.pk, text, request.user),
        _("Sent to the bank."),
    )


@require_POST
@never_cache
@allowed(SEE, CHANGE)
def accept(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give a dispute up."""
    dispute = _dispute(selectors.case_for_staff(case_id))
    return _act(
        request,
        case_id,
        lambda: disputes.accept(dispute.pk, request.user),
        _("The dispute is given up: the buyer keeps the money."),
    )


@require_safe
@never_cache
@allowed(SEE)
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    """Any case's picture."""
    return picture_response(selectors.picture(CasePicture.objects.all(), picture_id))
