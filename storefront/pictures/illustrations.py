"""The illustrations that the front-end build lays out: one each, whatever is in the database.

`assets/pictures.json` says what is drawn; the build makes pictures/GROUP/NAME.svg for pages and
pictures/GROUP/NAME.jpg for share cards and other sites.
"""

import json
from functools import lru_cache
from pathlib import Path
from zlib import crc32

from django.conf import settings
from django.templatetags.static import static

PRODUCE, VILLAGE, COOPERATIVE = "produce", "village", "cooperative"


@lru_cache(maxsize=1)
def _drawn() -> dict[str, list[str]]:
    """{group: names drawn}; those that begin with "_" stand in for what has none of its own."""
    try:
        plan = json.loads((settings.BASE_DIR / "assets" / "pictures.json").read_text())
    except FileNotFoundError:
        return {}
    villages = list(plan["villages"])
    return {PRODUCE: list(plan["produce"]), VILLAGE: villages, COOPERATIVE: villages}


def name_of(group: str, code: str) -> str:
    """Which drawing a code has: its own, else always the same one of those for everybody."""
    names = _drawn().get(group, [])
    if code in names:
        return code
    spare = [name for name in names if name.startswith("_")]
    return spare[crc32(code.encode()) % len(spare)] if spare else ""


def address(group: str, code: str, suffix: str = "svg") -> str:
    """Where a code's drawing is; empty when the front end was never built."""
    name = name_of(group, code)
    return static(f"pictures/{group}/{name}.{suffix}") if name else ""


def file(group: str, code: str) -> Path | None:
    """The drawing as a JPEG on this machine, for drawing it again in something else."""
    path = settings.BASE_DIR / "assets" / "dist" / "pictures" / group
    path /= f"{name_of(group, code)}.jpg"
    return path if path.is_file() else None
