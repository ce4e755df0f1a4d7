"""Blocks as Wagtail keeps them, written short."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

# The same words give the same block each time: loading the demo again changes nothing.
SPACE = uuid.UUID("5f0e1c7a-31b4-4e8e-9d5c-2f6d9a4b7c10")


def block(kind: str, /, **value: object) -> dict:
    """One block with a key made of what it says."""
    return {"type": kind, "value": value, "id": str(uuid.uuid5(SPACE, f"{kind}{value}"))}


def text(zh: str, en: str) -> dict:
    """Paragraphs of rich text."""
    return block("text", text_zh=zh, text_en=en)


def quote(zh: str, en: str, source_zh: str = "", source_en: str = "") -> dict:
    return block("quote", text_zh=zh, text_en=en, source_zh=source_zh, source_en=source_en)


def item(**value: object) -> dict:
    """One row of a list inside a block."""
    return {"type": "item", "value": value, "id": str(uuid.uuid5(SPACE, f"item{value}"))}


def steps(zh: str, en: str, rows: Iterable[tuple[str, str, str, str]]) -> dict:
    """Numbered steps: (heading, text) in Chinese and in English each."""
    made = [item(heading_zh=a, text_zh=b, heading_en=c, text_en=d) for a, b, c, d in rows]
    return block("steps", heading_zh=zh, heading_en=en, steps=made)


def questions(zh: str, en: str, rows: Iterable[tuple[str, str, str, str]]) -> dict:
    """Questions and answers: (question, answer) in Chinese and in English each."""
    made = [
        item(heading_zh=a, text_zh=f"<p>{b}</p>", heading_en=c, text_en=f"<p>{d}</p>")
        for a, b, c, d in rows
    ]
    return block("questions", heading_zh=zh, heading_en=en, questions=made)


def shelf(zh: str, en: str, *, rule: str = "season", limit: int = 8, **more: str) -> dict:
    """A shelf by a rule: season, village (village=code), campaign (campaign=code)."""
    chosen = {"produce": [], "village": "", "campaign": ""} | more
    return block("shelf", heading_zh=zh, heading_en=en, rule=rule, limit=limit, **chosen)


def action(zh: str, en: str, label_zh: str, label_en: str, address: str, **said: str) -> dict:
    """A button that leads on; `text_zh`, `text_en`: a sentence before it."""
    words = {"text_zh": "", "text_en": ""} | said
    return block(
        "action",
        heading_zh=zh,
        heading_en=en,
        label_zh=label_zh,
        label_en=label_en,
        page=None,
        address=address,
        **words,
    )


def live(kind: str, zh: str = "", en: str = "", **value: object) -> dict:
    """A block that draws on the shop: villages, campaign, figures, articles."""
    return block(kind, heading_zh=zh, heading_en=en, **value)


@dataclass(frozen=True)
class Text:
    """One page. `foot`, `top`: in which menus it is."""

    slug: str
    title_zh: str
    title_en: str
    introduction_zh: str
    introduction_en: str
    body: list[dict] = field(default_factory=list)
    foot: bool = False
    top: bool = False
