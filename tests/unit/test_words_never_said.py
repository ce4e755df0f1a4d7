"""People sell good food, nobody is on display: words that no page and no demo text says."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "templates",
    "locale",
    "storefront",
    "cooperatives",
    "livestream",
    "catalog",
    "deploy/demo",
)
ENDINGS = {".html", ".txt", ".po", ".py", ".json", ".csv", ".md", ".js", ".xml"}
NEVER = ("扶" + "贫", "贫困" + "户")


@pytest.mark.parametrize("folder", [*FOLDERS, "assets/js", "assets/css"])
def test_nothing_that_is_shown_speaks_of_poverty(folder):
    said = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in (ROOT / folder).rglob("*")
        if path.suffix in ENDINGS and path.is_file()
        for word in NEVER
        if word in path.read_text(encoding="utf-8", errors="ignore")
    ]

    assert said == []
