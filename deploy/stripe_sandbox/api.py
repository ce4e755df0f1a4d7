"""From an HTTP request to an answer: keys, routes, idempotency, injected faults."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import disputes, forms, intents, lists, methods, payouts, refunds
from .box import Box, Call
from .errors import ApiError, bad_parameter
from .faults import REQUEST_KINDS, Faults
from .objects import API_VERSION, check_expand
from .records import Intent, Saved

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Request(NamedTuple):
    method: str
    path: str
    query: str
    body: str
    headers: Mapping[str, str]


class Answer(NamedTuple):
    status: int
    body: str
    headers: dict[str, str]


class Hang(Exception):
    """The answer never comes; after `seconds` the connection is cut."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _retrieve(kind: str) -> Callable[[Box, Call, str], Any]:
    def retrieve(box: Box, call: Call, row_id: str) -> Any:
        forms.only(call.params, ("expand",))
        return box.store.tables[kind].get(row_id)

    return retrieve


# (method, resource, what follows the id or None without one): endpoint
ROUTES: dict[tuple[str, str, str | None], Callable[..., Any]] = {
    ("POST", "payment_intents", None): intents.create,
    ("GET", "payment_intents", None): lists.intents,
    ("GET", "payment_intents", ""): intents.retrieve,
    ("POST", "payment_intents", ""): intents.update,
    ("POST", "payment_intents", "confirm"): intents.confirm,
    ("POST", "payment_intents", "cancel"): intents.cancel,
    ("POST", "payment_methods", None): methods.create,
    ("GET", "payment_methods", ""): methods.retrieve,
    ("GET", "charges", None): lists.charges,
    ("GET", "charges", ""): _retrieve("charge"),
    ("GET", "charges", "refunds"): lists.refunds_of_charge,
    ("POST", "refunds", None): refunds.create,
    ("GET", "refunds", None): lists.refunds,
    ("GET", "refunds", ""): _retrieve("refund"),
    ("POST", "refunds", ""): refunds.update,
    ("GET", "balance_transactions", None): lists.transactions,
    ("GET", "balance_transactions", ""): _retrieve("balance_transaction"),
    ("POST", "payouts", None): payouts.create,
    ("GET", "payouts", None): lists.payouts,
    ("GET", "payouts", ""): _retrieve("payout"),
    ("GET", "disputes", None): lists.disputes,
    ("GET", "disputes", ""): _retrieve("dispute"),
    ("POST", "disputes", ""): disputes.update,
    ("POST", "disputes", "close"): disputes.close,
    ("GET", "events", None): lists.events,
    ("GET", "events", ""): _retrieve("event"),
    ("GET", "balance", None): lists.balance,
    ("GET", "account", None): lists.account,
}
PUBLIC = {
    ("GET", "payment_intents", ""),
    ("POST", "payment_intents", "confirm"),
    ("POST", "payment_methods", None),
}


class Api:
    def __init__(self, box: Box, faults: Faults, secret_key: str, publishable_key: str) -> None:
        self.box = box
        self.faults = faults
        self.secret_key = secret_key
        self.publishable_key = publishable_key
        self.in_flight: set[str] = set()
        self.requests = 0

    async def answer(self, request: Request) -> Answer:
        """The answer to a request under /v1, broken as ordered. Raises Hang for a lost one."""
        self.requests += 1
        request_id = "req_" + secrets.token_hex(7)
        fault = self.faults.strike(REQUEST_KINDS, request.path, request.method)
        kind = fault.kind if fault else ""
        if fault and kind == "429":
            message = "Request rate limit exceeded. You can learn more about rate limits here."
            return _failure(ApiError(429, message, code="rate_limit"), request_id)
        if fault and fault.when == "before":
            self._break(kind, fault.seconds)
            if kind == "500":
                return _failure(_unknown_error(), request_id)
        if fault and kind == "slow":
            answer = await self._slowly(request, request_id, fault.seconds)
        else:
            answer = self._handle(request, request_id)
        if fault and fault.when == "after":
            self._break(kind, fault.seconds)
            if kind == "500":
                return _failure(_unknown_error(), request_id)
        return answer

    def _break(self, kind: str, seconds: float) -> None:
        if kind == "timeout":
            raise Hang(seconds)

    async def _slowly(self, request: Request, request_id: str, seconds: float) -> Answer:
        key = request.headers.get("Idempotency-Key")
        if key is None or key in self.in_flight:
            await asyncio.sleep(seconds if key is None else 0)
            return self._handle(request, request_id)
        self.in_flight.add(key)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.in_flight.discard(key)
        return self._handle(request, request_id)

    def _handle(self, request: Request, request_id: str) -> Answer:
        try:
            return self._execute(request, request_id)
        except ApiError as refusal:
            return _failure(refusal, request_id)
        finally:
            self.box.store.flush()

    def _execute(self, request: Request, request_id: str) -> Answer:
        pairs = forms.pairs_of(request.query) + forms.pairs_of(request.body)
        params = forms.nest(pairs)
        public = self._authenticate(request.headers, params)
        route, endpoint, arguments = _find(request)
        if public and route not in PUBLIC:
            raise ApiError(
                401,
                "This API call cannot be made with a publishable API key. Please use a secret API "
                "key.",
                code="secret_key_required",
            )
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        fingerprint = ""
        if key is not None:
            fingerprint = _fingerprint(pairs)
            old = self._earlier(key, request.path, fingerprint)
            if old is not None:
                return self._replay(old, request_id)
        expand = _expansions(params, route)
        call = Call(params, public, request_id, key)
        status, row, body = 200, None, ""
        try:
            result = endpoint(self.box, call, *arguments)
            if isinstance(result, dict):
                body = encode(result)
            else:
                row = result
                body = self._render(row, public, expand)
        except ApiError as refusal:
            if key is None or not refusal.executed:
                raise
            status, body = refusal.status, encode({"error": refusal.error})
        if key is not None:
            stored = None if row is not None and not expand else body
            saved_row = row if stored is None else None
            now = self.box.store.now()
            saved = Saved(
                key, now, fingerprint, request.path, status, request_id, saved_row, public, stored
            )
            self.box.store.save_answer(saved)
        headers = _headers(request_id)
        if key is not None:
            headers["Idempotency-Key"] = key
        return Answer(status, body, headers)

    def _render(self, row: Any, public: bool, expand: tuple[str, ...]) -> str:
        if public and isinstance(row, Intent):
            return encode(self.box.renderer.public_intent(row))
        return encode(self.box.renderer.render(row, expand))

    def _earlier(self, key: str, path: str, fingerprint: str) -> Saved | None:
        """What this key answered before, or None; refuses a key that is used for something else."""
        if len(key) > 255:
            raise ApiError(400, "Idempotency keys can have up to 255 characters.")
        if key in self.in_flight:
            raise ApiError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that "
                "probably means you submitted twice, and the other request is still going "
                f"through): {key}. Please try again later.",
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        old = self.box.store.answer(key)
        if old is None:
            return None
        if old.path != path:
            raise ApiError(
                400,
                "Keys for idempotent requests can only be used for the same endpoint they were "
                f"first used for ('{path}' vs '{old.path}'). Try using a key other than '{key}' "
                "if you meant to execute a different request.",
                kind="idempotency_error",
            )
        if old.fingerprint != fingerprint:
            raise ApiError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request.",
                kind="idempotency_error",
            )
        return old

    def _replay(self, old: Saved, request_id: str) -> Answer:
        body = old.body
        if body is None:
            body = self._render(old.object, old.public, ())
        headers = _headers(request_id)
        headers["Idempotency-Key"] = old.key
        headers["Idempotent-Replayed"] = "true"
        headers["Original-Request"] = old.request_id
        return Answer(old.status, body, headers)

    def _authenticate(self, headers: Mapping[str, str], params: dict[str, Any]) -> bool:
        """True for the publishable key, False for the secret one; 401 for any other."""
        given = _bearer(headers.get("Authorization", "")) or params.get("key")
        if not given or not isinstance(given, str):
            raise ApiError(
                401,
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY').",
            )
        if secrets.compare_digest(given.encode(), self.secret_key.encode()):
            return False
        if secrets.compare_digest(given.encode(), self.publishable_key.encode()):
            return True
        raise ApiError(401, f"Invalid API Key provided: {given[:8]}***{given[-4:]}")


def _bearer(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme == "Bearer":
        return value.strip()
    if scheme == "Basic":
        try:
            return base64.b64decode(value).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def _find(request: Request) -> tuple[Any, Callable[..., Any], list[str]]:
    parts = request.path.strip("/").split("/")[1:]
    action = None if len(parts) == 1 else "" if len(parts) == 2 else parts[2]
    route = (request.method, parts[0] if parts else "", action)
    endpoint = ROUTES.get(route) if 1 <= len(parts) <= 3 else None
    if endpoint is None:
        raise ApiError(
            404,
            f"Unrecognized request URL ({request.method}: {request.path}). This sandbox knows "
            "payment intents, payment methods, charges, refunds, disputes, payouts, the balance "
            "and its transactions, and events.",
        )
    return route, endpoint, parts[1:2]


def _expansions(params: dict[str, Any], route: Any) -> tuple[str, ...]:
    """The paths to expand, all of them possible: nothing is done before that is sure."""
    paths = tuple(forms.strings(params, "expand"))
    kind, listed = route[1].removesuffix("s"), route[2] is None and route[0] == "GET"
    for path in paths:
        if listed and not path.startswith("data."):
            raise bad_parameter(f"This property cannot be expanded ({path}).", "expand")
        check_expand(kind, path.removeprefix("data.") if listed else path)
    return paths


def _fingerprint(pairs: forms.Pairs) -> str:
    return hashlib.blake2b(repr(sorted(pairs)).encode(), digest_size=12).hexdigest()


def _headers(request_id: str) -> dict[str, str]:
    return {"Request-Id": request_id, "Stripe-Version": API_VERSION}


def _unknown_error() -> ApiError:
    return ApiError(500, "An unknown error occurred", kind="api_error")


def _failure(refusal: ApiError, request_id: str) -> Answer:
    return Answer(refusal.status, encode({"error": refusal.error}), _headers(request_id))
