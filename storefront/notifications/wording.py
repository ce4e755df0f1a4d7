"""What messages say: placeholders, the wording in force, its versions.

Staff write plain text. A placeholder is `{name}` and nothing else: no template language sees it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.clock import now
from storefront.notifications.default_wording import DEFAULTS
from storefront.notifications.models import Message, MessageText

Kind, Channel = Message.Kind, Message.Channel
_COMMON = ("shop", "order", "link")
_PARCEL = (*_COMMON, "cooperative", "carrier", "waybill", "parcel", "packs")
# What each kind may name.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    Kind.CONFIRMED: (*_COMMON, "amount", "packs"),
    Kind.GOODS_GONE: ("shop", "link", "amount", "days"),
    Kind.SHIPPED: _PARCEL,
    Kind.READY: (*_PARCEL, "place"),
    Kind.DELIVERED: _PARCEL,
    Kind.REFUNDED: (*_COMMON, "amount", "days"),
    Kind.CASE: (*_COMMON, "text"),
    Kind.REMINDER: ("shop", "link", "produce"),
    Kind.LIVE: ("shop", "link", "session", "begins"),
}
_BREAK = SafeString("<br>")
_BRACES = re.compile(r"\{([^{}]*)\}")
# An advisory lock's class: two who save the same wording take one version each.
_LOCK = 7_301


@dataclass(frozen=True)
class Effective:
    """The wording in force. `version` 0: what ships with the site, never changed here."""

    subject: str
    body: str
    version: int
    is_default: bool


def unknown_placeholders(kind: str, text: str) -> list[str]:
    """What stands in braces and is no placeholder of this kind, as written."""
    allowed = PLACEHOLDERS[kind]
    return [f"{{{name}}}" for name in _BRACES.findall(text) if name not in allowed]


def default(kind: str, language: str, channel: str) -> Effective:
    """The wording that ships with the site; another language than ours gets the site's own."""
    key = (kind, language) if (kind, language) in DEFAULTS else (kind, settings.LANGUAGE_CODE)
    wording = DEFAULTS[key]
    if channel == Channel.MAIL:
        return Effective(wording.subject, wording.body, 0, True)
    return Effective("", wording.short, 0, True)


def effective(kind: str, language: str, channel: str) -> Effective:
    """The wording in force: the latest version, or what ships with the site. One query."""
    versions = MessageText.objects.filter(kind=kind, language=language, channel=channel)
    latest = versions.order_by("-version").first()
    shipped = default(kind, language, channel)
    if latest is None:
        return shipped
    if not latest.body:
        return Effective(shipped.subject, shipped.body, latest.version, True)
    return Effective(latest.subject, latest.body, latest.version, False)


@transaction.atomic
def save_text(
    kind: str, language: str, channel: str, *, subject: str, body: str, actor
) -> MessageText:
    """Write a new version of a wording; an empty body goes back to what ships with the site.

    Raises ValueError for a placeholder that the kind does not have, or a mail without subject.
    """
    wrong = unknown_placeholders(kind, subject) + unknown_placeholders(kind, body)
    if wrong:
        raise ValueError(f"Not known here: {', '.join(wrong)}")
    if channel == Channel.MAIL and body and not subject:
        raise ValueError("A mail needs a subject")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))",
            [_LOCK, f"{kind}:{language}:{channel}"],
        )
    versions = MessageText.objects.filter(kind=kind, language=language, channel=channel)
    last = versions.aggregate(last=Max("version"))["last"] or 0
    return MessageText.objects.create(
        kind=kind,
        language=language,
        channel=channel,
        version=last + 1,
        subject=" ".join(subject.split()) if body else "",
        body=body.strip().replace("\r\n", "\n"),
        created_at=now(),
        created_by=actor,
    )


@transaction.atomic
def save_changed(
    kind: str, channel: str, texts: Mapping[str, tuple[str, str]], *, actor
) -> list[MessageText]:
    """Write a version for each language whose (subject, body) is not what is in force already.

    What equals the wording that ships with the site goes back to it. Raises as `save_text`.
    """
    made = []
    for language in sorted(texts):
        subject, body = texts[language]
        current, shipped = effective(kind, language, channel), default(kind, language, channel)
        if (subject, body) == (current.subject, current.body):
            continue
        if (subject, body) == (shipped.subject, shipped.body):
            subject, body = "", ""
        made.append(save_text(kind, language, channel, subject=subject, body=body, actor=actor))
    return made


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of placeholders, once: what a value holds is never looked at again."""
    filled = _BRACES.sub(lambda found: values.get(found[1], found[0]), _said(text, values))
    return filled.strip()


def _said(text: str, values: Mapping[str, str]) -> str:
    """The text without the lines of whose placeholders one has nothing to say."""
    lines = [
        line
        for line in text.splitlines()
        if all(values.get(name, name) for name in _BRACES.findall(line))
    ]
    return re.sub(r"\n\s*\n", "\n\n", "\n".join(lines)).strip()


def paragraphs(text: str, values: Mapping[str, str]) -> list[SafeString]:
    """The text as HTML, a piece per paragraph: escaped, lines broken, `{link}` a link."""
    blocks = _said(text, values).split("\n\n")
    return [_lines(_line(line, values) for line in block.splitlines()) for block in blocks]


def _lines(lines: Iterable[str]) -> SafeString:
    return format_html_join(_BREAK, "{}", ((line,) for line in lines))


def _line(line: str, values: Mapping[str, str]) -> SafeString:
    pieces, at = [], 0
    for found in _BRACES.finditer(line):
        value = values.get(found[1], found[0])
        if found[1] == "link":
            shown = format_html('<a href="{0}">{0}</a>', value)
        else:
            shown = _lines(value.splitlines())
        pieces += [line[at : found.start()], shown]
        at = found.end()
    return format_html_join("", "{}", ((piece,) for piece in [*pieces, line[at:]]))
