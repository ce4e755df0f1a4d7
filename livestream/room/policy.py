"""What a page with the event stream may do besides: reach it where it has its own address."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.decorators import csp_update
from django.conf import settings

V = TypeVar("V", bound=Callable[..., Any])


def listens(view: V) -> V:
    """A view whose page listens to the event stream."""
    return cast(Callable[[V], V], csp_update(settings.LIVE_CONTENT_SECURITY_POLICY))(view)
