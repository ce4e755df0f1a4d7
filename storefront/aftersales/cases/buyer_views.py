"""A buyer's cases: open one, write in it, have staff look at a decision, see its pictures."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.numbers import to_yuan
from storefront.accounts.limits import by_address, by_session, too_often, wait_page
from storefront.aftersales.cases import rules, selectors, services
from storefront.aftersales.cases.forms import ClaimForm, WordsForm, bound
from storefront.aftersales.cases.models import Case, CaseEntry, CasePicture
from storefront.aftersales.cases.serving import picture_response
from storefront.aftersales.services import CannotRefund
from storefront.order.models import Order
from storefront.shop.order_selectors import key_query, may_see

# Making pictures anew costs more than any page.
SENT_PER_SESSION = "20/h"
SENT_PER_ADDRESS = "120/h"
View = Callable[..., HttpResponse]


def of_the_buyer(view: View) -> View:
    """Only who may see the order, others find nothing; and nobody sends without end."""

    @never_cache
    @wraps(view)
    def inner(request: HttpRequest, number: str, **kwargs: Any) -> HttpResponse:
        if not may_see(request, number):
            raise Http404("No such order")
        if request.method == "POST" and (
            too_often(request, "cases.session", by_session, SENT_PER_SESSION)
            or too_often(request, "cases.address", by_address, SENT_PER_ADDRESS)
        ):
            return wait_page(request)
        return view(request, number, **kwargs)

    return inner


def _back(request: HttpRequest, number: str, anchor: str = "") -> HttpResponse:
    address = reverse("orders:order", args=[number]) + key_query(request, number)
    return redirect(f"{address}#{anchor}" if anchor else address)


@require_http_methods(["GET", "HEAD", "POST"])
@of_the_buyer
def new(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Say what is wrong with the goods of a line; within the limits it is paid at once."""
    line = selectors.line_of(number, line_id)
    if request.method != "POST":
        form = ClaimForm(line=line)
        return _form(request, number, form)
    # Sent a second time: the first may have used up what can be claimed.
    sent = Case.objects.filter(order__number=number, line=line, uuid=_uuid(request)).first()
    if sent is not None:
        return _back(request, number, f"case-{sent.pk}")
    form = bound(ClaimForm, request, line=line)
    if not form.is_valid():
        return _form(request, number, form, 422)
    try:
        case = services.open_case(Order.objects.get(number=number), form.claim())
    except (services.CaseRefused, CannotRefund) as refusal:
        form.add_error(None, str(refusal))
        return _form(request, number, form, 422)
    if case.outcome == Case.Outcome.PAID_AT_ONCE:
        amount = {"amount": to_yuan(selectors.back_fen(case))}
        messages.success(request, _("We are sorry. ¥%(amount)s goes back to you.") % amount)
    else:
        messages.success(request, _("Thank you. You will hear from us here and by message."))
    return _back(request, number, f"case-{case.pk}")


def _uuid(request: HttpRequest) -> Any:
    field = WordsForm.base_fields["uuid"]
    try:
        return field.clean(request.POST.get("uuid", ""))
    except ValidationError:  # the form says what is wrong with it
        return None


def _form(request: HttpRequest, number: str, form: ClaimForm, status: int = 200) -> HttpResponse:
    line = form.line
    context = {
        "form": form,
        "line": line,
        "number": number,
        "kinds": rules.kinds_for(line),
        "claim_ends": rules.claim_ends(line),
        "left_fen": rules.left_fen(line),
        "key_query": key_query(request, number),
    }
    return render(request, "cases/new.html", context, status=status)


@require_POST
@of_the_buyer
def reply(request: HttpRequest, number: str, case_id: int) -> HttpResponse:
    """Write in one's case."""
    return _write(request, number, case_id, services.reply, _("Sent."))


@require_POST
@of_the_buyer
def escalate(request: HttpRequest, number: str, case_id: int) -> HttpResponse:
    """Have the programme's staff look at the cooperative's decision."""
    return _write(
        request, number, case_id, services.escalate, _("The programme's staff look at it now.")
    )


def _write(
    request: HttpRequest, number: str, case_id: int, act: Callable[..., Case], said: str
) -> HttpResponse:
    case = selectors.buyers_case(number, case_id)
    form = bound(WordsForm, request)
    if form.is_valid():
        author = request.user if request.user.is_authenticated else None
        try:
            act(case.pk, form.words(CaseEntry.Author.BUYER, author))
        except services.CaseRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, said)
    else:
        messages.error(request, " ".join(error for row in form.errors.values() for error in row))
    return _back(request, number, f"case-{case.pk}")


@require_safe
@of_the_buyer
def picture(request: HttpRequest, number: str, picture_id: int) -> HttpResponse:
    """A picture of one's own case."""
    mine = CasePicture.objects.filter(
        entry__case__order__number=number, entry__case__line__isnull=False
    )
    return picture_response(selectors.picture(mine, picture_id))
