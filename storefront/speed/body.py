"""A page in pieces: what is everybody's, and between them what is its visitor's own.

Compressed once, piece by piece: deflate's blocks can be put one after another, and what is a
visitor's own stands between them uncompressed. So a secret is never compressed together with
anything (BREACH), and a page is packed in no time.
"""

import re
import secrets
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import zip_longest
from types import SimpleNamespace

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

# Nobody can write such a mark: each process has its own.
_SECRET = secrets.token_hex(12)
HOLES = ("token", "here", "basket", "account")
_MARK = re.compile(rf"\[{_SECRET}:({'|'.join(HOLES)})\]".encode())
# Of gzip: its name, deflate, no name or time.
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_LAST_BLOCK = b"\x01\x00\x00\xff\xff"
_MOST_STORED = 0xFFFF
_LEVEL = 7


def mark(hole: str) -> SafeString:
    """What stands in a recorded page for something of HOLES."""
    return mark_safe(f"[{_SECRET}:{hole}]")  # noqa: S308  of constants of ours


@dataclass(frozen=True)
class Body:
    """One piece more than holes: piece, hole, piece, hole … piece."""

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]

    @classmethod
    def read(cls, content: bytes) -> "Body":
        """A recorded page taken apart at its marks."""
        parts = _MARK.split(content)
        return cls(tuple(parts[::2]), tuple(part.decode() for part in parts[1::2]))

    def __reduce__(self) -> tuple:
        """For other processes: compressed, as visitors get it."""
        return _restored, (self._packed, self.holes)

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return sum(map(len, self.pieces)) + sum(map(len, self._packed))

    @cached_property
    def _packed(self) -> tuple[bytes, ...]:
        return tuple(_deflated(piece) for piece in self.pieces)

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """The page for a visitor: {hole: what stands there}."""
        whole = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            whole += (values[hole], piece)
        return b"".join(whole)

    def gzipped(self, values: Mapping[str, bytes]) -> bytes:
        """The same, compressed."""
        content = self.filled(values)
        parts = [_HEAD]
        for piece, hole in zip_longest(self._packed, self.holes):
            parts.append(piece)
            if hole:
                parts.append(_stored(values[hole]))
        parts += (_LAST_BLOCK, struct.pack("<LL", zlib.crc32(content), len(content) & 0xFFFFFFFF))
        return b"".join(parts)


def _deflated(piece: bytes) -> bytes:
    """Blocks of deflate that end at a whole byte and refer to nothing before them."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)


def _restored(packed: tuple[bytes, ...], holes: tuple[str, ...]) -> Body:
    body = Body(
        tuple(zlib.decompressobj(-zlib.MAX_WBITS).decompress(each) for each in packed), holes
    )
    vars(body)["_packed"] = packed
    return body


def _stored(value: bytes) -> bytes:
    """Blocks of deflate that say it as it is."""
    cut = [value[at : at + _MOST_STORED] for at in range(0, len(value), _MOST_STORED)]
    return b"".join(
        b"\x00" + struct.pack("<HH", len(part), len(part) ^ _MOST_STORED) + part for part in cut
    )


@lru_cache(maxsize=512)
def basket_part(language: str, count: int) -> bytes:
    """The count of packs in the head and the tabs."""
    with translation.override(language):
        return render_to_string("components/basket_count.html", {"basket_count": count}).encode()


@lru_cache(maxsize=8)
def account_part(language: str, signed_in: bool) -> bytes:
    """The link to sign in, or to one's own pages."""
    asking = SimpleNamespace(user=SimpleNamespace(is_authenticated=signed_in), path="")
    with translation.override(language):
        return render_to_string("components/account_tools.html", {"request": asking}).encode()
