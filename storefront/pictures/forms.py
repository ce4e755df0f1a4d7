"""What is uploaded as a picture: looked at, and made anew."""

import io
import warnings
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from wagtail.images.forms import BaseImageForm

LONGEST_SIDE = 2560
# Others than JPEG are unpacked whole, four bytes a dot.
MOST_DOTS_WHOLE = 24_000_000
FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
QUALITY = {"JPEG": 88, "WEBP": 88, "AVIF": 75}


def make_anew(sent: Any) -> InMemoryUploadedFile:
    """A sent picture in its own format, upright, at most LONGEST_SIDE dots long.

    Only its dots are kept: neither where and when it was taken nor anything hidden behind them.
    Raises ValidationError in words when it has too many dots or cannot be read to its end.
    """
    wanted = FORMATS.get(Path(sent.name).suffix.lower()[1:], "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            sent.seek(0)
            with Image.open(sent, formats=(wanted,)) as opened:
                if wanted != "JPEG" and opened.width * opened.height > MOST_DOTS_WHOLE:
                    raise ValidationError(
                        _("This picture has too many dots: make it smaller, or a JPEG."),
                        code="too_many_dots",
                    )
                # A JPEG is unpacked at a fraction of its size where that is enough.
                opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                picture = ImageOps.exif_transpose(opened)
                if picture.mode not in ("RGB", "RGBA"):
                    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
                picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                # Pasted: without the old one's data.
                clean = Image.new(picture.mode, picture.size)
                clean.paste(picture)
                made = io.BytesIO()
                how = {"quality": QUALITY[wanted]} if wanted in QUALITY else {}
                clean.save(made, wanted, **how)
    except ValidationError:
        raise
    except Exception as error:  # Pillow raises what each format's reader happens to raise
        raise ValidationError(
            _("This file is no picture that we can read."), code="invalid_image"
        ) from error
    size = made.tell()
    made.seek(0)
    return InMemoryUploadedFile(made, "file", sent.name, Image.MIME[wanted], size, None)


class ImageForm(BaseImageForm):
    """Wagtail's form, which has looked at type, weight and dots; ours reads the whole picture."""

    def clean_file(self) -> Any:
        """The file, made anew if it was sent just now."""
        sent = self.cleaned_data["file"]
        return make_anew(sent) if "file" in self.changed_data and sent else sent
