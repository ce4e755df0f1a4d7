"""The sizes of a review's picture that everybody may see, made from the checked original."""

import io

from django.core.files.base import ContentFile
from PIL import Image

from storefront.pictures.kinds import FORMATS
from storefront.reviews.models import ReviewPicture

SMALL, LARGE = 240, 1280
WIDTHS = (SMALL, LARGE)
QUALITY = {"avif": 60, "webp": 78}


def name_of(picture: ReviewPicture, width: int, image_format: str) -> str:
    return f"reviews/{picture.key}-{width}.{image_format}"


def rendition(picture: ReviewPicture, width: int, image_format: str) -> bytes:
    """The picture at most so many dots wide, made when it is asked for first.

    Raises FileNotFoundError when the original is gone, KeyError for what is not made.
    """
    if width not in WIDTHS:
        raise KeyError(width)
    quality = QUALITY[image_format]
    storage, name = picture.image.storage, name_of(picture, width, image_format)
    if storage.exists(name):
        with storage.open(name) as kept:
            return kept.read()
    made = io.BytesIO()
    with picture.image.open("rb") as original, Image.open(original, formats=("JPEG",)) as opened:
        shown = opened.convert("RGB")
        shown.thumbnail((width, 2 * width))
        shown.save(made, image_format.upper(), quality=quality)
    content = made.getvalue()
    # Two who ask at once both make it; the storage gives the second another name, for nothing.
    if not storage.exists(name):
        storage.save(name, ContentFile(content))
    return content


def make_all(picture: ReviewPicture) -> None:
    """Make all sizes beforehand."""
    for width in WIDTHS:
        for image_format in FORMATS:
            rendition(picture, width, image_format)


def delete_files(picture: ReviewPicture) -> None:
    """Delete the original and all sizes."""
    storage = picture.image.storage
    names = [name_of(picture, width, each) for width in WIDTHS for each in FORMATS]
    for name in [picture.image.name or "", *names]:
        if name and storage.exists(name):
            storage.delete(name)
