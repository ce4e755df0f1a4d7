"""The staff's page with the report of a live session, and the same as a file."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.staff import allowed
from livestream.figures.chart import chart
from livestream.figures.report import report_of
from livestream.figures.workbook import CONTENT_TYPE, workbook
from livestream.sessions.models import LiveSession
from livestream.sessions.staff_views import SEE, page, trail_to

# Who sees what reached the households of a sales pool.
SEE_POOLS = "settlement.view_salespool"


def _session(session_id: int) -> LiveSession:
    return get_object_or_404(LiveSession.objects.select_related("campaign"), pk=session_id)


@require_safe
@never_cache
@allowed(SEE)
def report(request: HttpRequest, session_id: int) -> HttpResponse:
    """What a session sold, its figures, and when it sold."""
    session = _session(session_id)
    found = report_of(session)
    return page(
        request,
        "staff/live/report.html",
        _("Report: %(session)s") % {"session": session.title},
        trail_to(session),
        session=session,
        report=found,
        whole=found.sold.whole,
        tables=[
            (_("Product"), found.sold.products),
            (_("County"), found.sold.counties),
            (_("Village"), found.sold.villages),
            (_("Cooperative"), found.sold.partners),
            (_("Channel"), found.sold.channels),
        ],
        chart=chart(found.timeline) if found.timeline else None,
        see_pools=request.user.has_perm(SEE_POOLS),
    )


@require_safe
@never_cache
@allowed(SEE)
def report_file(request: HttpRequest, session_id: int) -> HttpResponse:
    """The report as a spreadsheet."""
    session = _session(session_id)
    content = workbook(report_of(session), pools=request.user.has_perm(SEE_POOLS))
    name = f"{session.campaign.code}-{session.pk}.xlsx"
    return HttpResponse(
        content,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
