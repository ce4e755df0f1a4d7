"""The HTTP server: the API, the script for the browser, the pages, the controls."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from aiohttp import web

from .api import Api, Hang, Request
from .charging import authenticate, waiting
from .control import Control
from .dashboard_page import dashboard_page
from .forms import pairs_of
from .pages import challenge_page, return_address

STATIC = Path(__file__).with_name("static")
FILES = {
    "/v3": ("sandbox.js", "text/javascript"),
    "/sandbox.js": ("sandbox.js", "text/javascript"),
    "/frames/card": ("card.html", "text/html"),
    "/frames/card.js": ("card.js", "text/javascript"),
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Expose-Headers": "Request-Id, Idempotent-Replayed, Stripe-Version",
    "Access-Control-Max-Age": "600",
}
LARGEST_BODY = 1_000_000


class Site:
    """Answers every request of the server."""

    def __init__(self, api: Api, control: Control) -> None:
        self.api = api
        self.control = control
        self.files = {
            path: ((STATIC / name).read_text("utf-8"), kind) for path, (name, kind) in FILES.items()
        }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=CORS)
        if (request.content_length or 0) > LARGEST_BODY:
            return web.Response(status=413, text="too large")
        body = await request.text() if request.can_read_body else ""
        if path.startswith("/v1/"):
            return await self._api(request, body)
        if path.startswith("/_sandbox/"):
            status, shown = self.control.answer(request.method, path, body)
            return web.Response(
                status=status, text=json.dumps(shown) + "\n", content_type="application/json"
            )
        if path.startswith("/3ds/"):
            return self._challenge(request)
        if path == "/dashboard" or path.startswith("/dashboard/"):
            return self._dashboard(request, body)
        file = self.files.get(path.rstrip("/"))
        if file is not None and request.method in ("GET", "HEAD"):
            headers = {**CORS, "Cache-Control": "no-cache"}
            return web.Response(text=file[0], content_type=file[1], headers=headers)
        return web.Response(status=404, text="Nothing here: the API is under /v1/.\n")

    async def _api(self, request: web.BaseRequest, body: str) -> web.Response:
        asked = Request(request.method, request.path, request.query_string, body, request.headers)
        try:
            answer = await self.api.answer(asked)
        except Hang as hang:
            await _hang(request, hang.seconds)
            return web.Response(status=504)
        return web.Response(
            status=answer.status,
            body=answer.body.encode(),
            headers={**CORS, **answer.headers, "Content-Type": "application/json"},
        )

    def _dashboard(self, request: web.BaseRequest, body: str) -> web.Response:
        """The page; a POST of one of its buttons acts as the same path under `/_sandbox/`."""
        fault, status = None, 200
        if request.method == "POST":
            given = {name: value == "true" or value for name, value in pairs_of(body)}
            parts = request.path.strip("/").split("/")[1:]
            answer = self.control.dashboard.answer(parts, given)
            if answer is None:
                return web.Response(status=404, text="Nothing here.\n")
            if answer[0] == 200:
                return web.Response(status=303, headers={"Location": "/dashboard"})
            status, fault = answer[0], str(answer[1]["error"])
        languages = request.headers.get("Accept-Language", "")
        page = dashboard_page(self.api.box, languages, fault)
        return web.Response(status=status, text=page, content_type="text/html")

    def _challenge(self, request: web.BaseRequest) -> web.Response:
        """The bank's page. POST …/complete and …/fail end the challenge, once."""
        parts = request.path.split("/")[2:]
        box = self.api.box
        intent = waiting(box, parts[0], parts[1]) if len(parts) >= 2 else None
        if intent is None:
            page = challenge_page(None, request.query.get("locale", ""))
            return web.Response(status=410, text=page, content_type="text/html")
        if request.method != "POST":
            page = challenge_page(intent, request.query.get("locale", ""))
            return web.Response(text=page, content_type="text/html")
        if len(parts) != 3 or parts[2] not in ("complete", "fail"):
            return web.Response(status=404, text="complete or fail?\n")
        back = intent.return_url
        intent = authenticate(box, intent, parts[2] == "complete")
        box.store.flush()
        if back is not None:
            return web.Response(status=303, headers={"Location": return_address(back, intent)})
        page = challenge_page(None, request.query.get("locale", ""), done=True)
        return web.Response(text=page, content_type="text/html")


async def _hang(request: web.BaseRequest, seconds: float) -> None:
    """Until the client gives up or the time is over; then the connection is cut."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(0.1)
    if request.transport is not None:
        request.transport.abort()
