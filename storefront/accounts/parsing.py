"""A whole address, pasted as one text, taken apart.

What cannot be told stays empty, and what was written short ("朝阳" for 朝阳区) is named as
doubtful: the person looks, nothing is guessed silently. No text is lost: what fits nowhere is part
of `detail`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cooperatives.routing.provinces import PROVINCES
from storefront.accounts import naming
from storefront.accounts.divisions import towns, tree
from storefront.accounts.phones import plain_phone

LONGEST_TEXT = 500
LONGEST_NAME = 16
FULL_PROVINCES = {
    "内蒙古": "内蒙古自治区",
    "广西": "广西壮族自治区",
    "西藏": "西藏自治区",
    "宁夏": "宁夏回族自治区",
    "新疆": "新疆维吾尔自治区",
    "香港": "香港特别行政区",
    "澳门": "澳门特别行政区",
}
MUNICIPALITIES = ("北京", "天津", "上海", "重庆")
_NATION = (
    "维吾尔|哈萨克|柯尔克孜|土家|布依|朝鲜|哈尼|傣|景颇|傈僳|蒙古|回|藏|羌|彝|苗|侗|壮|白|黎|瑶|满|"
    "畲|仡佬|水|纳西|拉祜|佤|锡伯|达斡尔|鄂温克|鄂伦春|东乡|保安|撒拉|土|裕固|塔吉克|仫佬|毛南|"
    "布朗|普米|怒|独龙|各"
)
_SELF_RULED = re.compile(rf"(?<=..)(?:(?:{_NATION})族?)+自治([州县旗])$")
# After a name written short it would be the name of a road, a village, a house: 朝阳路, 南京大学.
_A_PLACE = re.compile(
    r"(?:[东西南北中]{0,2}(?:大?[路街道]|大道|巷|弄|里|胡同|环)|[镇乡村庄屯]|"
    r"[东西南北中新]?(?:村|站|门|桥|园|苑)|大[厦楼]|广场|[中小大]学|学院|医院|花园|小区|公园|公寓|"
    r"宾馆|酒店|商[场城]|市场|银行|[一二三四五六七八九十\d]+[路街中号])"
)
_PHONE = re.compile(
    r"(?<![\dA-Za-z])(?:(?:\+|00)?86[- ]?)?"
    r"(\+[1-9]\d{6,14}|1[3-9]\d[- ]?\d{4}[- ]?\d{4}|1[3-9]\d{2}[- ]?\d{3}[- ]?\d{4}|"
    r"0\d{2,3}[- ]?\d{7,8})(?!\d)"
)
_LABELS = re.compile(
    r"(?P<name>收货人|收件人|联系人|姓名|名字)|(?P<drop>(?:详细|收货|收件|邮寄|家庭)?地址|所在地区|"
    r"所在省市|街道地址|(?:联系|手机|收货人?)?电话|(?:联系)?手机(?:号码|号)?|电话号码|联系方式|省市区)"
)
_LABEL = re.compile(rf"(?:(?<=[\s,;|])|^)(?:{_LABELS.pattern})\s*[::]\s*")
# What cannot be seen, and little pictures: ☎.
_NO_TEXT = ("Cf", "So")
_BREAK = re.compile(r"[\s,;、|。\[\]【】]+")


@dataclass(frozen=True)
class ParsedAddress:
    """The parts of an address; empty where the text does not tell. `doubtful`: to be looked at."""

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    detail: str = ""
    doubtful: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that the person has to fill in; a street or town is no must."""
        needed = ("name", "phone", "province", "city", "district", "detail")
        return tuple(field for field in needed if not getattr(self, field))


class _Place(NamedTuple):
    province: str
    city: str = ""
    district: str = ""


class _Form(NamedTuple):
    """A way to write a place. `sure`: its full name, or one that means nothing else."""

    place: _Place
    sure: bool


class _Reading(NamedTuple):
    """A way to read the text from one point on: the place, where it ends, what was short."""

    place: _Place
    end: int
    read: int
    short: frozenset[str] = frozenset()


def _ways(name: str) -> Iterator[tuple[str, bool]]:
    """How people write the name of a city or district: (text, whether it is sure)."""
    yield name, True
    ruled = _SELF_RULED.search(name)
    if ruled:
        stem = name[: ruled.start()]
        yield stem + ruled[1], True
        yield stem, False
    elif name.endswith("地区"):
        yield name[:-2], False
    elif name[-1] in "市区县盟旗" and len(name) > 2:
        yield name[:-1], False


@lru_cache(maxsize=1)
def _forms() -> tuple[dict[str, list[_Form]], dict[str, list[_Form]], dict[str, list[_Form]]]:
    """How provinces, cities and districts may be written: {text: forms} for each level."""
    provinces: dict[str, list[_Form]] = {}
    cities: dict[str, list[_Form]] = {}
    districts: dict[str, list[_Form]] = {}
    for short in PROVINCES:
        full = FULL_PROVINCES.get(short, short + ("市" if short in MUNICIPALITIES else "省"))
        for text in {full, short + "省", short + "自治区"} if short in FULL_PROVINCES else {full}:
            provinces.setdefault(text, []).append(_Form(_Place(short), True))
        provinces.setdefault(short, []).append(_Form(_Place(short), False))
    for province, its_cities in tree().items():
        for city, its_districts in its_cities.items():
            for text, sure in _ways(city):
                cities.setdefault(text, []).append(_Form(_Place(province, city), sure))
            for district in its_districts:
                place = _Place(province, city, district)
                for text, sure in _ways(district):
                    districts.setdefault(text, []).append(_Form(place, sure))
    return provinces, cities, districts


def _matches(forms: dict[str, list[_Form]], text: str, at: int) -> Iterator[tuple[_Form, int]]:
    for end in range(min(len(text), at + LONGEST_NAME), at + 1, -1):
        for form in forms.get(text[at:end], ()):
            if form.sure or not _A_PLACE.match(text, end):
                yield form, end


def _on(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    return at


def _readings(text: str, start: int) -> Iterator[_Reading]:
    """All ways to read a place from `start`, level after level; any level may be left out."""
    provinces, cities, districts = _forms()
    above: list[_Reading] = [_Reading(_Place(""), start, 0)]
    for form, end in _matches(provinces, text, start):
        above.append(_Reading(form.place, _on(text, end), end - start))
    yield from above[1:]
    for base in list(above):
        at = base.end
        if base.place.province in MUNICIPALITIES:  # 北京市 市辖区, 重庆市 县
            for filler in ("市辖区", "县 ", "郊县"):
                if text.startswith(filler, at):
                    above.append(base._replace(end=_on(text, at + len(filler)), read=base.read + 1))
        for form, end in _matches(cities, text, at):
            if base.place.province in ("", form.place.province):
                short = base.short if form.sure else base.short | {"city"}
                read = _Reading(form.place, _on(text, end), base.read + end - at, short)
                above.append(read)
                if form.sure or base.place.province:
                    yield read
    for base in above:
        for form, end in _matches(districts, text, base.end):
            known = base.place.city or base.place.province
            if not known and not form.sure:
                continue
            fits = base.place.province in ("", form.place.province) and base.place.city in (
                "",
                form.place.city,
            )
            if fits:
                short = base.short - {"city"}
                if not form.sure:
                    short |= {"district"}
                yield _Reading(form.place, _on(text, end), base.read + end - base.end, short)


def _best(text: str, start: int) -> _Reading | None:
    """The reading that explains most of the text; of several, what they agree on."""
    readings = list(_readings(text, start))
    if not readings:
        return None
    most = max(one.read for one in readings)
    best = [one for one in readings if one.read == most]
    place = _agreed([one.place for one in best])
    short = frozenset.intersection(*(one.short for one in best))
    end = min(one.end for one in best)
    return _Reading(place, end, most, frozenset(level for level in short if getattr(place, level)))


def _agreed(places: list[_Place]) -> _Place:
    same = [values[0] if len(set(values)) == 1 else "" for values in zip(*places, strict=True)]
    place = _Place(*same)
    only = tree().get(place.province, {}).get(place.city, {})
    if len(only) == 1 and {one.district for one in places} <= {"", *only}:
        place = place._replace(district=next(iter(only)))  # 东莞市, 仙桃市: one district each
    return place


def _starts(text: str) -> list[int]:
    """Where a place may begin: at each piece, or behind a name that is glued to it."""
    pieces = [0, *(found.end() for found in re.finditer(" ", text))]
    inside = [at for at in range(len(text)) if at not in pieces]
    return pieces + inside


def _find_place(text: str) -> tuple[int, _Reading] | None:
    """Where the place stands in the text, and its reading. A piece's begin goes first."""
    found: tuple[int, _Reading] | None = None
    for start in _starts(text):
        inside = start > 0 and text[start - 1] != " "
        if inside and found:
            break
        reading = _best(text, start)
        if reading is None or (inside and not _may_be_behind_a_name(text, start, reading)):
            continue
        if found is None or reading.read > found[1].read:
            found = start, reading
    return found


def _may_be_behind_a_name(text: str, start: int, reading: _Reading) -> bool:
    before = text[:start].rpartition(" ")[2]
    return reading.read >= 4 and naming.is_name(before)


def parse_address(text: str) -> ParsedAddress:
    """Take an address apart. `text` is what somebody pasted; of an endless one only the begin.

    Two different numbers, or two possible names, are left for the person: they stay in `detail`.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).strip()
    plain = "".join(" " if unicodedata.category(sign) in _NO_TEXT else sign for sign in plain)
    named, plain = _labelled_name(plain)
    phone, plain = _phone(plain)
    pieces = [piece for piece in _BREAK.split(naming.bind_latin(plain)) if piece]
    joined = " ".join(pieces)
    place_found = _find_place(joined)
    place, street, short = _Place(""), "", frozenset[str]()
    if place_found is None:
        before, behind = pieces, []
    else:
        start, reading = place_found
        place, short = reading.place, reading.short
        street, rest = _town(place, joined[reading.end :])
        before = [piece for piece in joined[:start].split(" ") if piece]
        behind = [piece for piece in rest.split(" ") if piece]
    name = named or naming.choose(before, behind)
    before, behind = _without(before, name), _without(behind, name)
    detail = " ".join([*_not_said_twice(behind, place), *_not_said_twice(before, place)])
    return ParsedAddress(
        name=naming.unbind(name),
        phone=phone,
        **place._asdict(),
        street=street,
        detail=naming.unbind(detail),
        doubtful=tuple(level for level in ("city", "district") if level in short),
    )


def _labelled_name(text: str) -> tuple[str, str]:
    """The name behind "收货人:", and the text without it and without all labels."""
    name = ""
    spaced = re.sub(r"\s+", " ", text.replace("\n", " , "))
    while found := _LABEL.search(spaced):
        if found["name"] and not name:
            value = re.match(r"[^,;|\d]+?(?=\s*(?:[,;|\d+]|$|\s[^A-Za-z]))", spaced[found.end() :])
            if value:
                name = value[0].strip()
                spaced = f"{spaced[: found.start()]} , {spaced[found.end() + value.end() :]}"
                continue
        spaced = f"{spaced[: found.start()]} {spaced[found.end() :]}"
    return name, spaced


def _phone(text: str) -> tuple[str, str]:
    """The one number of the text, and the text without it; two different ones are left alone."""
    found = list(_PHONE.finditer(text))
    numbers = {plain_phone(each[1]) for each in found}
    if len(numbers) != 1:
        return "", text
    return numbers.pop(), _PHONE.sub(" , ", text)


def _town(place: _Place, rest: str) -> tuple[str, str]:
    """The street or town with which the rest begins, by its full name; and what follows it."""
    if not place.district:
        return "", rest
    fitting = [town for town in towns(*place) if rest.startswith(town.removesuffix("办事处"))]
    if not fitting:
        return "", rest
    town = max(fitting, key=len)
    end = len(town) if rest.startswith(town) else len(town.removesuffix("办事处"))
    return town, rest[end:].removeprefix("办事处").strip()


def _without(pieces: list[str], name: str) -> list[str]:
    if name in pieces:
        pieces = list(pieces)
        pieces.remove(name)
    return pieces


def _not_said_twice(pieces: list[str], place: _Place) -> list[str]:
    """The pieces without those that only say again where it is: 湖南省 behind 长沙市."""
    kept = []
    for piece in pieces:
        reading = _best(piece, 0)
        if reading and reading.end == len(piece) and reading.read == len(piece):
            said = [part for part in reading.place if part]
            if said and all(part in place for part in said):
                continue
        kept.append(piece)
    return kept
