"""Staff look at reviews before anybody else does."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from catalog.staff import allowed, staff_page
from storefront.aftersales.cases.serving import picture_response
from storefront.reviews import selectors, services
from storefront.reviews.forms import DecisionForm
from storefront.reviews.models import Review, ReviewPicture

PER_PAGE = 50
SEE = "shop_reviews.view_review"
DECIDE = "shop_reviews.change_review"


@require_safe
@never_cache
@allowed(SEE)
def reviews(request: HttpRequest) -> HttpResponse:
    """The queue: what waits, or ?state=published|refused|all."""
    state = request.GET.get("state", Review.State.WAITING)
    wanted = "" if state == "all" else state if state in Review.State.values else "waiting"
    shown = Paginator(selectors.queue(wanted), PER_PAGE).get_page(request.GET.get("page"))
    states = [*Review.State.choices, ("all", _("All"))]
    context = {"shown": shown, "states": states, "state": wanted or "all"}
    return staff_page(request, "staff/reviews/list.html", _("Reviews"), [], **context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE)
def review(request: HttpRequest, review_id: int) -> HttpResponse:
    """One review: publish it, or refuse it with a reason; reply to it."""
    rows = Review.objects.select_related("produce", "order_line__order", "decided_by")
    found = get_object_or_404(rows.prefetch_related("pictures"), pk=review_id)
    may_decide = request.user.has_perm(DECIDE)
    given = {
        "decision": "refuse" if found.state == Review.State.REFUSED else "publish",
        "reason": found.reason,
        "reply": found.reply,
        "reply_by": found.reply_by or Review.Voice.PROGRAMME,
        "seen_at": found.changed_at.isoformat(),
    }
    form = DecisionForm(request.POST if request.method == "POST" else None, initial=given)
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied
        if form.is_valid() and _decided(request, review_id, form):
            return redirect("staff-reviews:list")
    return staff_page(
        request,
        "staff/reviews/review.html",
        _("Review of %(name)s") % {"name": found.produce.name},
        [(reverse("staff-reviews:list"), _("Reviews"))],
        review=found,
        form=form if may_decide else None,
        status=422 if form.errors else 200,
    )


def _decided(request: HttpRequest, review_id: int, form: DecisionForm) -> bool:
    """Decide and say so. False: the form says why not."""
    actor: Any = request.user
    try:
        seen_at = datetime.fromisoformat(form.cleaned_data["seen_at"])
        services.decide(review_id, form.result(), seen_at=seen_at, actor=actor)
    except ValueError:
        form.add_error(None, _("Please read it once more."))
        return False
    except services.ReviewRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("It is decided."))
    return True


@require_safe
@never_cache
@allowed(SEE)
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    """A picture of any review."""
    return picture_response(get_object_or_404(ReviewPicture, pk=picture_id))
