"""What a page asks for while somebody types."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from storefront.accounts.limits import by_address, too_often
from storefront.search.selectors import suggestions

# For one address, which a whole campus may share: fifty a second.
RATE = "3000/m"


@require_safe
@never_cache
def suggest(request: HttpRequest) -> HttpResponse:
    """The suggestions for ?q= as the options of a list; empty where there is nothing to suggest."""
    if too_often(request, "suggest", by_address, RATE):
        return HttpResponse(status=429)
    # Rendered without the request: no basket, no session, nobody's own.
    rows = suggestions(request.GET.get("q", ""))
    options = render_to_string("search/_suggestions.html", {"suggestions": rows})
    return HttpResponse(options.strip())
