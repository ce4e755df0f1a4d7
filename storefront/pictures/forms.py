"""What is uploaded as a picture: looked at, and made anew."""

import io
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

LONGEST_SIDE = 2560
# A telephone's picture has 50 million dots at most. Others than JPEG are unpacked whole, four
# bytes a dot.
MOST_DOTS, MOST_DOTS_WHOLE = 60_000_000, 24_000_000
FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
QUALITY = {"JPEG": 88, "WEBP": 88, "AVIF": 75}


def _unreadable() -> ValidationError:
    return ValidationError(_("This file is no picture that we can read."), code="invalid_image")


def _format_of(name: str) -> str:
    return FORMATS.get(Path(name).suffix.lower()[1:], "")


def look_at(sent: Any) -> None:
    """Read a sent picture's head alone: a small file may unpack to gigabytes.

    Raises ValidationError in words when it has too many dots or another format than its name says.
    """
    wanted = _format_of(sent.name)
    try:
        sent.seek(0)
        with Image.open(sent, formats=(wanted,)) as opened:
            dots = opened.width * opened.height * getattr(opened, "n_frames", 1)
    except Exception as error:  # Pillow raises what each format's reader happens to raise
        raise _unreadable() from error
    finally:
        sent.seek(0)
    if dots > (MOST_DOTS if wanted == "JPEG" else MOST_DOTS_WHOLE):
        raise ValidationError(
            _("This picture has too many dots: make it smaller, or a JPEG."), code="too_many_dots"
        )


def make_anew(sent: Any) -> InMemoryUploadedFile:
    """A sent picture in its own format, upright, at most LONGEST_SIDE dots long.

    Only its dots are kept: neither where and when it was taken nor anything hidden behind them.
    Raises ValidationError in words when it cannot be read to its end.
    """
    wanted = _format_of(sent.name)
    try:
        sent.seek(0)
        with Image.open(sent, formats=(wanted,)) as opened:
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
    except Exception as error:  # as above
        raise _unreadable() from error
    size = made.tell()
    made.seek(0)
    return InMemoryUploadedFile(made, "file", sent.name, Image.MIME[wanted], size, None)


class CheckedImageField(WagtailImageField):
    """Wagtail's field unpacks a picture before it counts its dots, and fails on one cut off."""

    def to_python(self, data: Any) -> Any:
        if data and _format_of(data.name) and data.size <= self.max_upload_size:
            look_at(data)
        try:
            return super().to_python(data)
        except ValidationError:
            raise
        except Exception as error:
            raise _unreadable() from error


class ImageForm(BaseImageForm):
    """Wagtail's form for pictures, with a field that looks first, and a file that is made anew."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            plain = self.fields["file"]
            self.fields["file"] = CheckedImageField(
                label=plain.label, required=plain.required, widget=plain.widget
            )

    def clean_file(self) -> Any:
        """The file, made anew if it was sent just now."""
        sent = self.cleaned_data["file"]
        return make_anew(sent) if "file" in self.changed_data and sent else sent
