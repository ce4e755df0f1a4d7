"""Drawing words and shapes into a picture with Pillow, in a font that has Chinese.

Sizes and places are dots. The font is Noto Sans (SIL Open Font License), which the front end's
packages carry; settings.CARD_FONTS says where.
"""

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont, ImageOps

PAPER, SHEET, INK, SOFT = "#faf7f0", "#fffefb", "#1f2d27", "#58665e"
PINE, PERSIMMON, LINE = "#1f4d3a", "#b83f15", "#e4dbc9"
REGULAR, BOLD = "NotoSansHans-Regular.otf", "NotoSansHans-Bold.otf"
# Marks that may not begin a line of Chinese.
CLOSING = "，。、；：？！）》」』”’·,.;:?!)"


@lru_cache(maxsize=32)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """One of the two weights in a size."""
    return ImageFont.truetype(Path(settings.CARD_FONTS) / name, size)


def _pieces(text: str) -> Iterator[str]:
    """Where a line may break: after each Chinese character, between words of others."""
    word = ""
    for letter in text:
        if letter in CLOSING:
            word += letter
            continue
        if letter == " " or ord(letter) > 0x2E7F:
            if word:
                yield word
            word = letter
        elif word and (word == " " or ord(word[0]) > 0x2E7F):
            yield word
            word = letter
        else:
            word += letter
    if word:
        yield word


def wrapped(text: str, face: ImageFont.FreeTypeFont, width: int, most: int) -> list[str]:
    """A text in lines of at most `width`; what does not go into `most` lines ends in "…"."""
    lines, line = [], ""
    for piece in _pieces(" ".join(text.split())):
        if line and face.getlength(line + piece) > width:
            lines.append(line.rstrip())
            line = ""
        line = line + piece if line else piece.lstrip()
    lines.append(line.rstrip())
    shown = lines[:most]
    if len(lines) > most or face.getlength(shown[-1]) > width:
        last = shown[-1]
        while last and face.getlength(last + "…") > width:
            last = last[:-1]
        shown[-1] = last + "…"
    return shown


def fitting(
    text: str, name: str, size: int, least: int, width: int, most: int
) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The largest size, from `size` down to `least`, in which a text goes into `most` lines."""
    while True:
        face = font(name, size)
        lines = wrapped(text, face, width, most)
        if size <= least or not lines[-1].endswith("…"):
            return lines, face
        size -= 4


def write(
    canvas: Image.Image,
    at: tuple[int, int],
    lines: list[str],
    face: ImageFont.FreeTypeFont,
    colour: str,
    leading: float = 1.3,
) -> int:
    """Write lines from their upper left corner; returns the y below the last."""
    pen = ImageDraw.Draw(canvas)
    x, y = at
    for line in lines:
        pen.text((x, y), line, font=face, fill=colour)
        y += round(face.size * leading)
    return y


def rounded(canvas: Image.Image, box: tuple[int, int, int, int], radius: int, colour: str) -> None:
    """A filled box with smooth round corners."""
    left, top, right, bottom = box
    size = (right - left, bottom - top)
    large = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(large).rounded_rectangle(
        (0, 0, size[0] * 2 - 1, size[1] * 2 - 1), radius * 2, fill=255
    )
    canvas.paste(colour, (left, top), large.resize(size, Image.Resampling.LANCZOS))


def photograph(source: bytes, size: tuple[int, int]) -> Image.Image:
    """A picture that fills `size`, cut to its middle."""
    with Image.open(io.BytesIO(source), formats=("JPEG",)) as opened:
        opened.draft("RGB", size)
        return ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.LANCZOS)


def squares(rows: list[tuple[bool, ...]], size: int) -> Image.Image:
    """A QR code's squares in a picture of at most `size`, each of whole dots."""
    scale = size // len(rows)
    code = Image.new("L", (len(rows), len(rows)), 255)
    code.putdata([0 if dark else 255 for row in rows for dark in row])
    return code.resize((len(rows) * scale, len(rows) * scale), Image.Resampling.NEAREST)


def mark(size: int) -> Image.Image:
    """The shop's sign: mountains and a sun."""
    scale = 4 * size // 64
    sign = Image.new("RGBA", (64 * scale, 64 * scale))
    pen = ImageDraw.Draw(sign)

    def shape(points: list[tuple[int, int]], colour: str) -> None:
        pen.polygon([(x * scale, y * scale) for x, y in points], fill=colour)

    pen.rounded_rectangle((0, 0, 64 * scale, 64 * scale), 14 * scale, fill=PINE)
    pen.ellipse((36 * scale, 12 * scale, 52 * scale, 28 * scale), fill="#e2622b")
    shape([(6, 50), (22, 26), (32, 39), (40, 30), (58, 50)], "#faf6ee")
    shape([(6, 50), (22, 26), (28, 34), (20, 50)], "#dfe8dc")
    return sign.resize((size, size), Image.Resampling.LANCZOS)


def as_png(canvas: Image.Image) -> bytes:
    """All its colours: with 256 of them soft shadows show steps."""
    made = io.BytesIO()
    canvas.save(made, "PNG", compress_level=6)
    return made.getvalue()
