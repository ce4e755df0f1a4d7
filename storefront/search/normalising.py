"""One form for what people type and for what is searched."""

import re
import unicodedata

# The longest query that is looked at; what is typed beyond it says nothing new.
LONGEST = 64
MOST_TOKENS = 8
HANZI = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(f"[{HANZI}]+|[a-z0-9]+")
_ONLY_HANZI = re.compile(f"[{HANZI}]+")
# "es" belongs to the plural only after these.
_HISSING = ("ses", "xes", "zes", "ches", "shes", "oes")


def normalise(text: str) -> str:
    """Lower case, full-width forms folded, tone marks and everything but letters and digits gone.

    Gives Chinese characters, a–z, 0–9 and single spaces. Never raises, whatever the text.
    """
    folded = unicodedata.normalize("NFKC", text[: LONGEST * 4]).lower()
    # bǎi xiāng guǒ → bai xiang guo
    bare = "".join(
        one for one in unicodedata.normalize("NFD", folded) if not unicodedata.combining(one)
    )
    # Apostrophes stand inside words: Xi'an, buyer's.
    bare = re.sub("['’`]", "", unicodedata.normalize("NFC", bare))
    spaced = re.sub(f"[^a-z0-9{HANZI}]+", " ", bare)
    return spaced[:LONGEST].strip()


def runs(text: str) -> list[str]:
    """The stretches of one script: "bai香guo" → ["bai", "香", "guo"]."""
    return _RUNS.findall(text)


def is_hanzi(text: str) -> bool:
    """Whether a text is Chinese characters and nothing else."""
    return bool(_ONLY_HANZI.fullmatch(text))


def singular(word: str) -> str:
    """The singular of an English word, near enough: potatoes → potato, berries → berry."""
    if len(word) <= 3 or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(_HISSING) else word[:-1]
