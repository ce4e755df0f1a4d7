"""Staff pages in Wagtail's admin: importing other platforms' orders."""

import csv

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.staff import allowed, staff_page
from livestream.platforms import uploads
from livestream.platforms.forms import ExportForm
from livestream.platforms.models import PlatformImport
from livestream.platforms.tables import BadFile

PER_PAGE = 50
# Of the refused rows, on the page; the file to download has all.
MOST_SHOWN = 50
SEE, ADD = "platforms.view_platformimport", "platforms.add_platformimport"
ICON = "download"
BUSY = (PlatformImport.State.WAITING, PlatformImport.State.RUNNING)


def trail() -> list[tuple[str, str]]:
    """The way back from a page about imports."""
    return [(reverse("imports:list"), _("Imported orders"))]


@require_safe
@never_cache
@allowed(SEE)
def imports(request: HttpRequest) -> HttpResponse:
    """The files that were given, newest first."""
    rows = PlatformImport.objects.select_related("shop", "actor")
    return staff_page(
        request,
        "staff/imports/list.html",
        _("Imported orders"),
        [],
        header_icon=ICON,
        may_add=request.user.has_perm(ADD),
        shown=Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE, ADD)
def give(request: HttpRequest) -> HttpResponse:
    """Give a file: it is read, and its page says what it comes to."""
    form = ExportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            found = uploads.look_at(
                data["file"], data["platform"], data["shop"], data["session"], request.user
            )
        except BadFile as error:
            form.add_error("file", str(error))
        else:
            return redirect("imports:import", import_id=found.pk)
    return staff_page(
        request,
        "staff/imports/new.html",
        _("Import orders"),
        trail(),
        header_icon=ICON,
        form=form,
        status=422 if form.errors else 200,
    )


@require_safe
@never_cache
@allowed(SEE)
def one(request: HttpRequest, import_id: int) -> HttpResponse:
    """What a file says, how far its import is, and the rows that were refused."""
    found = get_object_or_404(PlatformImport.objects.select_related("shop"), pk=import_id)
    refused = found.result["refused_rows"]
    response = staff_page(
        request,
        "staff/imports/import.html",
        str(found.shop),
        trail(),
        header_icon=ICON,
        found=found,
        busy=found.state in BUSY,
        may_begin=request.user.has_perm(ADD) and uploads.may_begin(found),
        refused=refused[:MOST_SHOWN],
        more=len(refused) - MOST_SHOWN,
    )
    if found.state in BUSY:
        # Also where scripts are off.
        response["Refresh"] = "2"
    return response


@require_POST
@allowed(SEE, ADD)
def begin(request: HttpRequest, import_id: int) -> HttpResponse:
    """Import a file that was looked at; a second tap does nothing."""
    get_object_or_404(PlatformImport, pk=import_id)
    uploads.begin(import_id)
    return redirect("imports:import", import_id=import_id)


@require_safe
@never_cache
@allowed(SEE)
def refused(request: HttpRequest, import_id: int) -> HttpResponse:
    """The refused rows as a file, for whoever mends the export or the products."""
    found = get_object_or_404(PlatformImport, pk=import_id)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{found.pk}.csv"'
    writer = csv.writer(response)
    writer.writerow([_("Row"), _("Why")])
    # A spreadsheet takes what begins with "=" for a formula.
    writer.writerows([row["row"], f"'{row['reason']}"] for row in found.result["refused_rows"])
    return response
