"""What media servers ask and tell: nginx-rtmp, SRS and MediaMTX, each in its own words.

Only with the shared secret (LIVE_INGEST_SECRET); without one there are no such addresses.
"""

import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_ratelimit.core import is_ratelimited
from redis.exceptions import RedisError

from livestream.video import services

# Of one sender's address: OBS tries again every few seconds, who guesses does it faster.
RATE = "30/m"
View = Callable[[HttpRequest], HttpResponse]


def _from_our_server(view: View) -> View:
    """A view for media servers that know the secret; for everybody else there is nothing."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def asked(request: HttpRequest) -> HttpResponse:
        told = request.headers.get("Authorization", "").removeprefix("Bearer ")
        told = told or request.GET.get("secret", "")
        secret = settings.LIVE_INGEST_SECRET
        if not secret or not hmac.compare_digest(told.encode(), secret.encode()):
            raise Http404
        return view(request)

    return asked


def _too_often(request: HttpRequest, address: str) -> bool:
    """Whether somebody begins to send too often. Without Redis nobody is counted."""
    try:
        return is_ratelimited(
            request,
            group="video.begin",
            key=lambda group, request: address or "unknown",
            rate=RATE,
            increment=True,
        )
    except RedisError:
        return False


@_from_our_server
def nginx(request: HttpRequest) -> HttpResponse:
    """nginx-rtmp: the key is the stream's name; taken, it is led to the public one."""
    said = request.POST
    key, client = said.get("name", ""), f"nginx:{said.get('clientid', '')}"
    call = said.get("call", "")
    if call == "publish":
        if _too_often(request, said.get("addr", "")):
            return HttpResponse(status=403)
        try:
            session = services.begin(key, client, tells=True)
        except services.Refused:
            return HttpResponse(status=403)
        target = f"{settings.LIVE_RTMP_INSIDE}/{services.public_name(session.pk)}"
        # Django's own redirect knows no rtmp addresses.
        return HttpResponse(status=302, headers={"Location": target})
    if call == "update_publish" and not services.still_sends(key, client):
        return HttpResponse(status=403)
    if call == "publish_done":
        services.end_by_key(key, client)
    return HttpResponse()


def _json(request: HttpRequest) -> dict[str, Any]:
    """The body as an object; anything else is an empty one."""
    try:
        said = json.loads(request.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _key_in(query: Any) -> str:
    """The key in `?key=…` of a stream's address."""
    return parse_qs(str(query or "").lstrip("?")).get("key", [""])[0]


def _session_id(name: Any) -> int:
    """The session of a public name; 0 for everything else."""
    number = str(name or "").rpartition("/")[2].removeprefix("s")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else 0


def _begins(request: HttpRequest, key: str, client: str, named: str, address: str) -> bool:
    if _too_often(request, address):
        return False
    try:
        services.begin(key, client, named=named)
    except services.Refused:
        return False
    return True


@_from_our_server
def srs(request: HttpRequest) -> HttpResponse:
    """SRS (http_hooks): the stream's name is the public one, the key its parameter.

    It takes 200 with the body 0 for a yes.
    """
    said = _json(request)
    name, client = str(said.get("stream", "")), f"srs:{said.get('client_id', '')}"
    good = True
    if said.get("action") == "on_publish":
        key, address = _key_in(said.get("param")), str(said.get("ip", ""))
        good = _begins(request, key, client, name, address)
    elif said.get("action") == "on_unpublish":
        services.end(_session_id(name), client)
    return HttpResponse("0" if good else "1", content_type="text/plain")


@_from_our_server
def mediamtx(request: HttpRequest) -> HttpResponse:
    """MediaMTX (authMethod: http): the path is the public name, the key the password or ?key=.

    Reading is free. Of the end its runOnNotReady tells, with the action "unpublish" and the `id`
    of the connection (MTX_SOURCE_ID).
    """
    said = _json(request)
    path, client = str(said.get("path", "")), f"mediamtx:{said.get('id', '')}"
    action = said.get("action")
    if action == "read":
        return HttpResponse()
    if action == "unpublish":
        services.end(_session_id(path), client)
        return HttpResponse()
    key = str(said.get("password") or "") or _key_in(said.get("query"))
    if action != "publish":
        return HttpResponse(status=401)
    good = _begins(request, key, client, path.rpartition("/")[2], str(said.get("ip", "")))
    return HttpResponse(status=200 if good else 401)
