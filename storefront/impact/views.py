"""The public page of figures, and the same figures to take along."""

import csv

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from storefront.impact import selectors
from storefront.speed.recording import kept


@require_safe
@kept()
def impact(request: HttpRequest) -> HttpResponse:
    """Sold, credited, households; by village, month and campaign. One query, if any."""
    return render(
        request,
        "impact/impact.html",
        {
            "totals": selectors.totals(),
            "villages": selectors.by_village(),
            "months": selectors.by_month(),
            "campaigns": selectors.by_campaign(),
            "merged": selectors.merged(),
        },
    )


@require_safe
def figures_json(request: HttpRequest) -> JsonResponse:
    """All public figures, in fen."""
    return JsonResponse(selectors.as_data(), json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def figures_csv(request: HttpRequest) -> HttpResponse:
    """The tables as one, in fen: a row each, with the table that it is of."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="impact.csv"'
    # A spreadsheet takes UTF-8 for what it is only with this mark.
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(selectors.COLUMNS)
    writer.writerows(selectors.as_rows())
    return response
