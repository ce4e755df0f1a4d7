"""Pictures from buyers: looked at, made anew, so that nothing but the picture is kept."""

import io
import warnings
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_BYTES = 8 * 1024 * 1024
MOST_PICTURES = 6
LONGEST_SIDE = 1600
# A small file may unpack to gigabytes: a telephone's picture has 50 million dots at most.
MOST_DOTS = 60_000_000
# Others than JPEG are unpacked whole, four bytes a dot.
MOST_DOTS_WHOLE = 20_000_000
SCALED = ("JPEG", "MPO")
FORMATS = ("JPEG", "PNG", "WEBP", "MPO")
ACCEPT = "image/jpeg,image/png,image/webp"


def make_anew(sent: Any) -> ContentFile:
    """A sent file as a JPEG of at most LONGEST_SIDE dots, upright, without EXIF.

    Raises ValidationError in words when it is too big or no picture.
    """
    if sent.size > MOST_BYTES:
        raise ValidationError(_("A picture may have 8 MB at most."), code="too_big")
    refused = ValidationError(_("This file is no picture that we can read."), code="no_picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # verify() looks for damage and uses the file up.
            with Image.open(sent, formats=FORMATS) as seen:
                most = MOST_DOTS if seen.format in SCALED else MOST_DOTS_WHOLE
                if seen.width * seen.height > most:
                    raise refused
                seen.verify()
            sent.seek(0)
            with Image.open(sent, formats=FORMATS) as opened:
                # A JPEG is unpacked at a fraction of its size where that is enough.
                opened.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
                picture = ImageOps.exif_transpose(opened)
                picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                made = io.BytesIO()
                _on_white(picture).save(made, "JPEG", quality=82, optimize=True)
    except ValidationError:
        raise
    except Exception as error:  # Pillow raises what each format's reader happens to raise
        raise refused from error
    return ContentFile(made.getvalue(), name="picture.jpg")


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, which JPEG does not have; a new image, without the old one's data."""
    ground = Image.new("RGB", picture.size, "white")
    seen = picture.convert("RGBA")
    ground.paste(seen, mask=seen)
    return ground
