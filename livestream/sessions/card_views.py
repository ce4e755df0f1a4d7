"""Staff pages in Wagtail's admin: cue cards, to write and to read from a phone or from paper."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from catalog.staff import allowed
from livestream.sessions import selectors, services
from livestream.sessions.forms import CardForm
from livestream.sessions.models import LiveSession
from livestream.sessions.staff_views import EDIT, SEE, page, saved, trail_to
from livestream.sessions.words import Warned, warnings_of

LONGEST = 2000


@require_safe
@never_cache
@allowed(SEE)
def cards(request: HttpRequest, session_id: int) -> HttpResponse:
    """All cue cards of a session, in the order of the shelf: large on a phone, A4 on paper."""
    found = get_object_or_404(LiveSession, pk=session_id)
    context = {"session": found, "shelf": selectors.shelf_of(found)}
    return render(request, "staff/live/cards.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE, EDIT)
def edit_card(request: HttpRequest, session_id: int, item_id: int) -> HttpResponse:
    """Write a cue card. Words that advertising must not use are named, and may stay."""
    found = get_object_or_404(LiveSession, pk=session_id)
    item = get_object_or_404(selectors.shelf_of(found), pk=item_id)
    form = CardForm(request.POST or None, card=item.card)
    if request.method == "POST" and form.is_valid():
        card = saved(form, lambda: services.save_card(session_id, item_id, form.text()))
        if card is not None:
            _say_saved(request, sum(map(len, selectors.card_warnings(card).values())))
            return redirect("live:card", session_id=session_id, item_id=item_id)
    typed = form.data if form.is_bound else form.initial
    rows = [(form[name], warnings_of(str(typed.get(name, "")))) for name in form.fields]
    return page(
        request,
        "staff/live/card.html",
        item.pack.display_name,
        trail_to(found),
        session=found,
        item=item,
        form=form,
        rows=rows,
        status=422 if form.errors else 200,
    )


def _say_saved(request: HttpRequest, count: int) -> None:
    if not count:
        messages.success(request, _("The cue card is saved."))
        return
    said = ngettext(
        "The cue card is saved. Look at one word: it is marked below its field.",
        "The cue card is saved. Look at %(count)s words: they are marked below their fields.",
        count,
    )
    messages.warning(request, said % {"count": count})


@require_POST
@allowed(SEE, EDIT)
def check_words(request: HttpRequest) -> JsonResponse:
    """{field: [{before, word, after, reason}]} of the texts that are being typed."""

    def plain(found: Warned) -> dict[str, Any]:
        return {**found._asdict(), "reason": str(found.reason)}

    return JsonResponse(
        {
            name: [plain(found) for found in warnings_of(request.POST.get(name, "")[:LONGEST])]
            for name in selectors.SAID
        }
    )
