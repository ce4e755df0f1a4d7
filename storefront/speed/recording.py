"""What a page shows is noted while it is rendered: that is what it will depend on.

Only views that say so (`kept`) are ever kept. A recorded page is everybody's: it is rendered as
for a visitor who is nobody, with marks where his own will stand (storefront.speed.body).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from storefront.speed.watching import ANY_PRODUCE, FIGURES

View = Callable[..., HttpResponse]
# Parameters that make another page of one that may be kept. What else an address says (a
# messenger's own marks, say) changes nothing.
PARAMETERS = frozenset(
    ("category", "county", "delivery", "gi", "pack", "page", "price", "season", "sort", "stock")
    + ("village",)
)


@dataclass
class Record:
    """What a page shows; `refused`: it is for this visitor alone."""

    topics: set[str] = field(default_factory=set)
    refused: bool = False


class Asking(HttpRequest):
    """A request that the middleware has seen, for the type checker."""

    # What is rendered may be kept.
    may_be_kept: bool
    # What was rendered has marks.
    record: Record


_record: ContextVar[Record | None] = ContextVar("record", default=None)


def is_recording() -> bool:
    """Whether a page is rendered that may be kept."""
    return _record.get() is not None


def shows(produce: Iterable[int]) -> None:
    """The page shows these produce, by their ids: name, price, stock."""
    if record := _record.get():
        record.topics.update(map(str, produce))


def shows_all_produce() -> None:
    """The page counts or sorts all produce there are."""
    if record := _record.get():
        record.topics.add(ANY_PRODUCE)


def shows_figures() -> None:
    """The page shows the public figures."""
    if record := _record.get():
        record.topics.add(FIGURES)


def refuse() -> None:
    """The page shows what its address alone asked for: nobody else needs it."""
    if record := _record.get():
        record.refused = True


@contextmanager
def _recorded(request: HttpRequest) -> Iterator[Record]:
    record = Record()
    token = _record.set(record)
    user = request.user
    request.user = AnonymousUser()
    try:
        yield record
    finally:
        request.user = user
        _record.reset(token)


def has_session(request: HttpRequest) -> bool:
    """Whether the database may know who asks."""
    return bool(request.COOKIES.get(settings.SESSION_COOKIE_NAME))


def is_special(request: HttpRequest) -> bool:
    """Whether a visitor is told something, or is staff, who see what is, not what was kept.

    `request.user` must be known. No query where there is no session.
    """
    if not has_session(request):
        return False
    return "_messages" in request.session or bool(getattr(request.user, "is_staff", False))


def kept(*parameters: str) -> Callable[[View], View]:
    """A view whose page may be kept: the same for everybody, of the address and the look alone.

    `parameters` are those of PARAMETERS that it understands. What it shows must be noted in
    triggers, and told to the functions above where it is not "content".
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not getattr(request, "may_be_kept", False) or is_special(request):
                return view(request, *args, **kwargs)
            with _recorded(request) as record:
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()
            said = PARAMETERS.intersection(request.GET)
            if said.difference(parameters) or response.cookies or response.status_code != 200:
                record.refused = True
            cast(Asking, request).record = record
            return response

        return inner

    return decorate
