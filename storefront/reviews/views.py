"""A buyer writes a review; everybody reads those that are published."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Produce
from storefront.accounts.limits import by_address, by_session, too_often, wait_page
from storefront.accounts.models import User
from storefront.aftersales.cases.forms import bound
from storefront.aftersales.cases.serving import picture_response
from storefront.reviews import renditions, selectors, services
from storefront.reviews.forms import ReviewForm
from storefront.reviews.models import Review, ReviewPicture
from storefront.shop.order_selectors import is_buyers, key_query

# Making pictures anew costs more than any page.
SENT_PER_SESSION = "20/h"
SENT_PER_ADDRESS = "120/h"
# A refused picture is gone from our server at once, and from others' memories after that long.
SECONDS_KEPT = 3600
View = Callable[..., HttpResponse]


def of_the_buyer(view: View) -> View:
    """Only the order's buyer, others find nothing."""

    @never_cache
    @wraps(view)
    def inner(request: HttpRequest, number: str, **kwargs: Any) -> HttpResponse:
        if not is_buyers(request, number):
            raise Http404("No such order")
        return view(request, number, **kwargs)

    return inner


@require_http_methods(["GET", "HEAD", "POST"])
@of_the_buyer
def write(request: HttpRequest, number: str, line_id: int) -> HttpResponse:
    """Review what arrived; change or delete it until it is published."""
    line = selectors.delivered_line(number, line_id)
    if line is None:
        raise Http404("No such line")
    if request.method == "POST" and (
        too_often(request, "reviews.session", by_session, SENT_PER_SESSION)
        or too_often(request, "reviews.address", by_address, SENT_PER_ADDRESS)
    ):
        return wait_page(request)
    back = reverse("orders:order", args=[number]) + key_query(request, number)
    review = Review.objects.filter(order_line=line).prefetch_related("pictures").first()
    options: dict[str, Any] = {"nickname": services.buyers_name(line), "review": review}
    refusal = "" if line.arrived else _("You can review it once it has arrived.")
    if request.method != "POST":
        form = ReviewForm(**options)
    elif "delete" in request.POST:
        try:
            if services.delete(number, line_id):
                messages.success(request, _("Your review is deleted."))
            return redirect(back)
        except services.ReviewRefused as why:
            form, refusal = ReviewForm(**options), str(why)
    else:
        form = bound(ReviewForm, request, **options)
        user = request.user if isinstance(request.user, User) else None
        if not refusal and form.is_valid():
            try:
                services.write(number, line_id, form.draft(), user)
            except services.ReviewRefused as why:
                form.add_error(None, str(why))
            else:
                said = _("Thank you! Your review appears once it has been looked at.")
                messages.success(request, said)
                return redirect(back)
    context = {
        "form": form,
        "line": line,
        "number": number,
        "review": review,
        "refusal": refusal,
        "back": back,
        "key_query": key_query(request, number),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "reviews/write.html", context, status=status)


@require_safe
@of_the_buyer
def own_picture(request: HttpRequest, number: str, picture_id: int) -> HttpResponse:
    """A picture of one's own review, published or not."""
    mine = ReviewPicture.objects.filter(review__order_line__order__number=number)
    return picture_response(get_object_or_404(mine, pk=picture_id))


@require_safe
def of_produce(request: HttpRequest, code: str) -> HttpResponse:
    """The reviews of a produce, paged: by htmx the list alone."""
    produce = get_object_or_404(Produce, code=code)
    shown = selectors.reviews_of(produce, request.GET.get("page"))
    context = {"produce": produce, "reviews": shown}
    by_htmx = bool(request.headers.get("HX-Request"))
    answer = render(request, "reviews/_list.html" if by_htmx else "reviews/all.html", context)
    answer.headers["Vary"] = ", ".join(filter(None, [answer.get("Vary"), "HX-Request"]))
    return answer


@require_safe
def picture(request: HttpRequest, key: str, width: int, image_format: str) -> HttpResponse:
    """A public size of a published review's picture."""
    found = selectors.public_picture(key)
    if found is None:
        raise Http404("No such picture")
    try:
        content = renditions.rendition(found, width, image_format)
    except (FileNotFoundError, KeyError) as gone:
        raise Http404("No such picture") from gone
    return HttpResponse(
        content,
        content_type=f"image/{image_format}",
        headers={
            "Cache-Control": f"public, max-age={SECONDS_KEPT}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
