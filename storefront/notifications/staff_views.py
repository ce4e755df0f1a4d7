"""Staff pages in Wagtail's admin: what was sent, what failed, and the wording of messages."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from catalog.staff import allowed
from storefront.headers import in_place
from storefront.notifications import channels, rendering, selectors, services, wording
from storefront.notifications.models import Message
from storefront.notifications.samples import preview as preview_of
from storefront.notifications.staff_forms import MessageSearchForm, WordingForm

PER_PAGE = 50
SEE = "notifications.view_message"
RESEND = "notifications.change_message"
WORD = "notifications.add_messagetext"


def _page(
    request: HttpRequest, template: str, title: str, trail: list[tuple[str, str]], **context: Any
) -> HttpResponse:
    """A page with Wagtail's header; `trail` are the pages above it as (address, name)."""
    above = [(reverse("wagtailadmin_home"), _("Home")), *trail, ("", title)]
    status = context.pop("status", 200)
    context |= {
        "header_title": title,
        "header_icon": "mail",
        "breadcrumbs_items": [{"url": url, "label": label} for url, label in above],
    }
    return render(request, template, context, status=status)


def _list_trail() -> list[tuple[str, str]]:
    return [(reverse("staff-messages:list"), _("Messages"))]


def _wording_trail() -> list[tuple[str, str]]:
    return [(reverse("staff-messages:wordings"), _("Wording of messages"))]


@require_safe
@never_cache
@allowed(SEE)
def messages_list(request: HttpRequest) -> HttpResponse:
    """Messages, searched and paged."""
    form = MessageSearchForm(request.GET)
    found = selectors.messages(**form.cleaned_data) if form.is_valid() else Message.objects.none()
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return _page(
        request,
        "staff/messages/list.html",
        _("Messages"),
        [],
        shown=shown,
        form=form,
        may_resend=request.user.has_perm(RESEND),
        may_word=request.user.has_perm(WORD),
    )


@require_safe
@never_cache
@allowed(SEE)
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: where it stands, and its text to copy."""
    shown = get_object_or_404(Message.objects.select_related("order__user"), pk=pk)
    return _page(
        request,
        "staff/messages/message.html",
        _("Message %(number)s") % {"number": pk},
        _list_trail(),
        shown=shown,
        text=rendering.text_of(shown),
        only_logs=shown.channel in settings.MESSAGE_CHANNELS and channels.only_logs(shown.channel),
        may_resend=request.user.has_perm(RESEND),
    )


@require_POST
@never_cache
@allowed(SEE, RESEND)
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message once more."""
    get_object_or_404(Message, pk=pk)
    if services.resend(pk):
        messages.success(request, _("It is sent once more."))
    else:
        messages.error(request, _("It waits already, or the buyer does not want it."))
    return redirect("staff-messages:message", pk=pk)


@require_safe
@never_cache
@allowed(WORD)
def wordings(request: HttpRequest) -> HttpResponse:
    """Every wording, and who changed it last."""
    return _page(
        request,
        "staff/messages/wordings.html",
        _("Wording of messages"),
        [],
        rows=selectors.wordings(),
        languages=settings.LANGUAGES,
    )


def _form(request: HttpRequest, kind: str, channel: str) -> WordingForm:
    if kind not in Message.Kind.values or channel not in Message.Channel.values:
        raise Http404("No such wording")
    return WordingForm(
        request.POST if request.method == "POST" else None,
        kind=kind,
        channel=channel,
        now=selectors.in_force(kind, channel),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(WORD)
@in_place(settings.MAIL_PREVIEW_CONTENT_SECURITY_POLICY)
def edit(request: HttpRequest, kind: str, channel: str) -> HttpResponse:
    """Change a wording in the site's languages, or go back to what ships with the site."""
    form = _form(request, kind, channel)
    back_to_default = request.POST.get("default", "")
    if back_to_default in dict(settings.LANGUAGES):
        wording.save_text(kind, back_to_default, channel, subject="", body="", actor=request.user)
        messages.success(request, _("The default wording is in force again."))
        return redirect("staff-messages:wording", kind, channel)
    if form.is_bound and form.is_valid():
        changed = wording.save_changed(kind, channel, form.texts(), actor=request.user)
        messages.success(request, _("Kept. %(count)s wordings changed.") % {"count": len(changed)})
        return redirect("staff-messages:wording", kind, channel)
    now = selectors.in_force(kind, channel)
    return _page(
        request,
        "staff/messages/wording.html",
        f"{Message.Kind(kind).label} · {Message.Channel(channel).label}",
        _wording_trail(),
        form=form,
        placeholders=[f"{{{name}}}" for name in wording.PLACEHOLDERS[kind]],
        columns=[
            {
                "code": code,
                "name": name,
                "subject": form[f"subject_{code}"] if channel == Message.Channel.MAIL else None,
                "body": form[f"body_{code}"],
                "now": now[code],
                "said": preview_of(kind, code, channel, *form.shown(code), form.found),
            }
            for code, name in settings.LANGUAGES
        ],
        preview_address=reverse("staff-messages:preview", args=[kind, channel]),
        history=selectors.history(kind, channel)[:PER_PAGE],
        status=422 if form.errors else 200,
    )


@require_POST
@never_cache
@allowed(WORD)
def preview(request: HttpRequest, kind: str, channel: str) -> HttpResponse:
    """What the form's words would look like, per language, and what is wrong with them: JSON."""
    form = _form(request, kind, channel)
    form.is_valid()
    said = {
        code: preview_of(kind, code, channel, *form.shown(code), form.found)
        for code, _name in settings.LANGUAGES
    }
    return JsonResponse(
        {
            "said": {
                code: {"subject": one.subject, "text": one.text, "html": one.html}
                for code, one in said.items()
            },
            "errors": {name: " ".join(map(str, errors)) for name, errors in form.errors.items()},
        }
    )
