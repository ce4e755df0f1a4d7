"""Refusals in Stripe's shape."""

from __future__ import annotations

from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"


class ApiError(Exception):
    """A refusal: HTTP `status` and the `error` object of the answer's body.

    `executed` says that the endpoint had begun its work, so that the answer belongs to the
    request's idempotency key (Stripe does not keep the answers of refused parameters).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        executed: bool = False,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.error: dict[str, Any] = {"message": message, "type": kind}
        self.error.update({name: value for name, value in fields.items() if value is not None})
        code = self.error.get("code")
        if code:
            self.error.setdefault("doc_url", DOCS + str(code).replace("_", "-"))


def missing_resource(noun: str, object_id: str, param: str = "id", status: int = 404) -> ApiError:
    """The answer to an id that nothing has: 404 in the path, 400 where it is a parameter."""
    return ApiError(status, f"No such {noun}: '{object_id}'", code="resource_missing", param=param)


def bad_parameter(message: str, param: str, code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)
