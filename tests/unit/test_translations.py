"""Every text of ours has its Chinese."""

from pathlib import Path

from babel.messages.pofile import read_po

CATALOG = Path(__file__).parents[2] / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def test_no_text_in_the_catalogue_is_untranslated_or_fuzzy():
    with CATALOG.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]

    def whole(text) -> bool:
        return all(text) if isinstance(text, tuple) else bool(text)

    assert len(messages) > 600
    assert [m.id for m in messages if m.fuzzy or not whole(m.string)] == []
