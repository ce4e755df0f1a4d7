"""How a case's picture is handed out: by a view that knows who asks, never from public media."""

from django.http import FileResponse, Http404

from storefront.aftersales.cases.models import CasePicture


def picture_response(picture: CasePicture) -> FileResponse:
    """The picture; kept by the reader's own browser only. Raises Http404 when the file is gone."""
    try:
        opened = picture.image.open("rb")
    except FileNotFoundError as gone:
        raise Http404("No such picture") from gone
    return FileResponse(
        opened,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "private, max-age=86400",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
