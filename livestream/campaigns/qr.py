"""QR codes for print: black on white, with a quiet zone, still read with a quarter of it gone."""

import io
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe


def _code(address: str) -> segno.QRCode:
    return segno.make(address, error="q", micro=False)


def _file(address: str, kind: str, **more: Any) -> bytes:
    made = io.BytesIO()
    _code(address).save(made, kind=kind, border=4, light="white", **more)
    return made.getvalue()


def qr_svg(address: str) -> bytes:
    """A file as sharp as the paper: for print shops."""
    return _file(address, "svg", scale=8, xmldecl=True)


def qr_png(address: str) -> bytes:
    """A file over a thousand pixels wide, for chats and documents that take no SVG."""
    return _file(address, "png", scale=32)


def qr_inline(address: str) -> SafeString:
    """An SVG element without a size of its own, to stand in a page."""
    drawn = _code(address).svg_inline(border=4, light="white", omitsize=True)
    return mark_safe(drawn)  # noqa: S308  segno draws squares alone
