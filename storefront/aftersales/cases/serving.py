"""How a case's picture is handed out: by a view that knows who asks, never from public media."""

from typing import Protocol

from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpResponse


class HasImage(Protocol):
    """A picture that a buyer sent: of a case, or of a review."""

    @property
    def image(self) -> FieldFile:
        """The stored file."""


def picture_response(picture: HasImage) -> HttpResponse:
    """The picture; kept by the reader's own browser only. Raises Http404 when the file is gone."""
    try:
        with picture.image.open("rb") as opened:
            content = opened.read()
    except FileNotFoundError as gone:
        raise Http404("No such picture") from gone
    return HttpResponse(
        content,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "private, max-age=86400",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
