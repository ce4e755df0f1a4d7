"""The look: colours that can be read, files that are small, pages that ask nobody else."""

import gzip
import re
from pathlib import Path

import pytest

from storefront.look.icons import ICONS
from storefront.look.samples import COLOURS

ROOT = Path(__file__).parents[2]
CSS, DIST, TEMPLATES = ROOT / "assets/css", ROOT / "assets/dist", ROOT / "templates"
# Mails name the shop's own address in full; the staff's pages are dressed by Wagtail.
PAGES = [
    path
    for path in TEMPLATES.rglob("*.html")
    if not {"mail", "staff", "admin"} & set(path.relative_to(TEMPLATES).parts)
]


def colours() -> dict[str, dict[str, str]]:
    """{theme: {name: #rrggbb}} of tokens.css. What dark does not say is as in light."""
    light, dark = (CSS / "tokens.css").read_text().split("@variant dark")

    def named(text: str) -> dict[str, str]:
        found = re.findall(r"--color-([\w-]+): (#[0-9a-f]{3,6});", text)
        return {n: v if len(v) == 7 else "#" + "".join(c * 2 for c in v[1:]) for n, v in found}

    return {"light": named(light), "dark": named(light) | named(dark)}


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_written_can_be_read_in_both_themes(theme):
    said = colours()[theme]

    weak = {
        pair: round(contrast(said[pair[0]], said[pair[1]]), 2)
        for pair in COLOURS
        if contrast(said[pair[0]], said[pair[1]]) < 4.5
    }
    borders = [
        contrast(said[line], said[ground])
        for line in ("field-line", "honey-line")
        for ground in ("paper", "sheet", "field")
    ]

    assert weak == {}
    assert min(borders) >= 3


def test_colours_are_named_in_one_file_alone():
    strays = {
        path.name: found
        for path in CSS.glob("*.css")
        if path.name != "tokens.css"
        and (found := re.findall(r":[^;{}]*#[0-9a-f]{3,8}\b[^;]*;", path.read_text(), re.I))
    }

    # The payment service's own frame has dark letters in any theme.
    assert strays == {"forms.css": [": #fff;"]}


def test_every_icon_that_a_page_names_is_there():
    named = {
        name
        for path in PAGES
        for name in re.findall(r'{% icon "([\w-]+)"|\bicon="([\w-]+)"', path.read_text())
    }
    named = {"".join(either) for either in named}

    assert named and named <= ICONS.keys()


def test_pages_ask_nobody_else_and_carry_no_scripts_of_their_own():
    """No address of a foreign server is fetched; nothing that a strict policy would block."""
    foreign = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)="(?:https?:)?//')
    inline = re.compile(
        r'<style|<script(?![^>]*(?:\bsrc=|ld\+json))[^>]*>|\son[a-z]+="|\sstyle="|href="javascript:'
    )
    # The page of an error has its style by its hash; the copy of one's data is opened elsewhere.
    apart = {"500.html", "accounts/export.html"}
    found = {
        name: hits
        for path in TEMPLATES.rglob("*.html")
        if not (name := path.relative_to(TEMPLATES).as_posix()).startswith("mail/")
        and name not in apart
        and (hits := foreign.findall(path.read_text()) + inline.findall(path.read_text()))
    }

    assert found == {}
    assert "@import" not in (DIST / "shop.css").read_text()
    assert re.findall(r"url\((?!#|\"?data:|'?data:)", (DIST / "shop.css").read_text()) == []


def test_the_built_files_are_small():
    if not (DIST / "shop.css").exists():
        pytest.fail("The front end is not built: `make prepare`.", pytrace=False)

    def size(*names: str) -> int:
        return sum(len(gzip.compress((DIST / name).read_bytes(), 6)) for name in names)

    assert size("shop.css") <= 45_000
    assert size("shop.js") <= 60_000
    assert size("shop.js", "pay.js") <= 60_000
