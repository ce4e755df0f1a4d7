"""How Chinese is cut into words, and how it sounds. jieba and pypinyin are loaded at first use."""

import threading
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from catalog.places import dictionary
from storefront.search.normalising import is_hanzi

# A name of many characters with several readings has more than anybody types.
MOST_READINGS = 8
# More than any of jieba's own words of such length has: a name of ours is never cut.
FREQUENCY = 5000
_loading = threading.Lock()


@cache
def _new_tokenizer() -> Any:
    import jieba

    class Tokenizer(jieba.Tokenizer):
        """jieba without its cache, a file in a folder that everybody may write to."""

        initialized: bool

        def initialize(self, dictionary: Any = None) -> None:
            with self.lock:
                if not self.initialized:
                    self.FREQ, self.total = self.gen_pfdict(self.get_dict_file())
                    self.initialized = True

    made = Tokenizer()
    made.initialize()
    return made


def _tokenizer() -> Any:
    if not _new_tokenizer.cache_info().currsize:
        with _loading:
            _new_tokenizer()
    return _new_tokenizer()


def preload() -> None:
    """Load both dictionaries now (about a second): in a server's master, before it forks."""
    _tokenizer()
    lazy_sound("山货")


def learn(words: Iterable[str]) -> None:
    """Teach the dictionary names of ours, so that they are cut as words."""
    tokenizer = _tokenizer()
    for word in words:
        if len(word) > 1 and tokenizer.FREQ.get(word, 0) < FREQUENCY:
            tokenizer.add_word(word, FREQUENCY)


def cut(text: str) -> list[str]:
    """Chinese cut into words, in order, nothing left out."""
    return list(_tokenizer().cut(text, HMM=False))


def cut_finely(text: str) -> list[str]:
    """The words, and the shorter words inside long ones."""
    return list(_tokenizer().cut_for_search(text, HMM=False))


@lru_cache(maxsize=20_000)
def syllables(text: str) -> tuple[str, ...]:
    """The usual reading, one syllable a character; other scripts stay as they are, in one piece."""
    return tuple(dictionary().lazy_pinyin(text, v_to_u=False))


def lazy_sound(text: str) -> str:
    """The usual reading without spaces: 百香果 → baixiangguo, bai香guo → baixiangguo."""
    return "".join(syllables(text)).replace(" ", "")


@lru_cache(maxsize=20_000)
def _readings_of(character: str) -> tuple[str, ...]:
    pypinyin = dictionary()
    (found,) = pypinyin.pinyin(character, style=pypinyin.Style.NORMAL, heteronym=True)
    # 绿 is typed lv and lu.
    return tuple(dict.fromkeys([*found, *(one.replace("v", "u") for one in found)]))


@lru_cache(maxsize=20_000)
def readings(text: str) -> tuple[tuple[str, ...], ...]:
    """Readings of Chinese text as syllables: the usual one, then those with one other syllable."""
    usual = syllables(text)
    found = [usual]
    if is_hanzi(text) and len(usual) == len(text):
        for place, character in enumerate(text):
            others = (one for one in _readings_of(character) if one != usual[place])
            found += [(*usual[:place], other, *usual[place + 1 :]) for other in others]
    return tuple(found[:MOST_READINGS])


def initials(syllable_list: Iterable[str]) -> str:
    """The first letters: bai xiang guo → bxg."""
    return "".join(one[:1] for one in syllable_list)
