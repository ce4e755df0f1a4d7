"""The webhook: verify, store, answer. Work comes after the answer."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from storefront.payments import events, gateway


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Take one event. 400 unless Stripe signed the raw body within the last five minutes."""
    try:
        event = gateway.verified_event(request.body, request.headers.get("Stripe-Signature", ""))
    except ValueError as error:
        return HttpResponse(f"refused: {error}", status=400, content_type="text/plain")
    events.store(event)
    return HttpResponse("ok", content_type="text/plain")
