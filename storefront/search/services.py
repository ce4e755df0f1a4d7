"""Every write of the search: documents and terms are made from produce, and made again."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, Model, OuterRef
from kombu.exceptions import OperationalError
from psycopg.types.json import Jsonb

from catalog.models import Category, Produce, Product
from cooperatives.partner.models import Partner, StockRecord
from storefront.search import documents, lexicon, sounds
from storefront.search.documents import Made, Meaning, Source, make, short_place, split_list
from storefront.search.models import Document, Synonym
from storefront.search.normalising import is_hanzi, normalise

log = logging.getLogger(__name__)
# Two at once would wait for each other's rows; the number is only ours.
LOCK = 2_026_112_204
BATCH = 1000
# One statement for a batch: its rows come as JSON.
_WRITE = """
INSERT INTO produce_search_document AS d
    (kind, key, produce_id, label_zh, label_en, season_from, season_to, words, names, texts,
     name_zh, split_zh, name_en, sounds, initials, aliases, digest)
SELECT kind, key, produce_id, label_zh, label_en, season_from, season_to, words::tsvector,
    names::tsvector, texts::tsvector, name_zh, split_zh, name_en, sounds, initials, aliases, digest
FROM jsonb_to_recordset(%s) AS r(kind text, key text, produce_id bigint, label_zh text,
    label_en text, season_from smallint, season_to smallint, words text, names text, texts text,
    name_zh text, split_zh text, name_en text, sounds text[], initials text, aliases text[],
    digest text)
ON CONFLICT (kind, key) DO UPDATE SET
    produce_id = EXCLUDED.produce_id, label_zh = EXCLUDED.label_zh, label_en = EXCLUDED.label_en,
    season_from = EXCLUDED.season_from, season_to = EXCLUDED.season_to, words = EXCLUDED.words,
    names = EXCLUDED.names, texts = EXCLUDED.texts,
    name_zh = EXCLUDED.name_zh, split_zh = EXCLUDED.split_zh, name_en = EXCLUDED.name_en,
    sounds = EXCLUDED.sounds, initials = EXCLUDED.initials, aliases = EXCLUDED.aliases,
    digest = EXCLUDED.digest
"""
_WRITE_TERMS = """
INSERT INTO produce_search_term (text, lexeme, label)
SELECT r.text, r.lexeme, r.label
FROM jsonb_to_recordset(%s) AS r(text text, lexeme text, label text)
ON CONFLICT (text, lexeme) DO NOTHING
"""
_FORGET_TERMS = """
DELETE FROM produce_search_term AS t WHERE NOT EXISTS (
    SELECT FROM produce_search_document AS d
    WHERE d.words @@ ('''' || t.lexeme || '''')::tsquery)
"""


@dataclass(frozen=True)
class Reindexed:
    """How many documents were written anew, and how many taken away."""

    written: int
    removed: int


@transaction.atomic
def reindex(produce_pks: Iterable[int] | None = None) -> Reindexed:
    """Make the documents of these produce, or of everything, where they differ from what is there.

    What is not for sale has none. Only all at once are categories, places and terms that are gone
    taken away too. Running it again changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    wanted = None if produce_pks is None else sorted(set(produce_pks))
    sources = _sources(wanted)
    there = Document.objects.all()
    if wanted is not None:
        there = there.filter(produce__in=wanted)
    known = {
        (kind, key): (pk, digest)
        for pk, kind, key, digest in there.values_list("pk", "kind", "key", "digest")
    }
    digests = {(one.kind, one.key): _digest(one) for one in sources}
    changed = [
        one
        for one in sources
        if known.get((one.kind, one.key), (0, ""))[1] != digests[one.kind, one.key]
    ]
    gone = [pk for name, (pk, _) in known.items() if name not in digests]
    if changed:
        _teach(sources)
    # A code may have passed from one produce to another: first away, then anew.
    Document.objects.filter(pk__in=gone).delete()
    for start in range(0, len(changed), BATCH):
        _write([make(one) for one in changed[start : start + BATCH]], digests)
    if wanted is None and (changed or gone):
        with connection.cursor() as cursor:
            cursor.execute(_FORGET_TERMS)
    if changed or gone:
        lexicon.refresh(at_once=True)
    return Reindexed(len(changed), len(gone))


def _digest(source: Source) -> str:
    return hashlib.sha256(repr((documents.VERSION, source)).encode()).hexdigest()[:40]


def _meanings() -> list[Meaning]:
    rows = Synonym.objects.order_by("pk").values_list("typed", "meant")
    return [Meaning(split_list(typed), split_list(meant)) for typed, meant in rows]


def _sources(wanted: Sequence[int] | None) -> list[Source]:
    """What the documents are made from, in the order in which they are written."""
    records = StockRecord.objects.filter(product__is_public=True, product__produce__isnull=False)
    packs = Product.objects.filter(is_public=True, produce__isnull=False)
    produce = Produce.objects.select_related("category")
    if wanted is not None:
        records = records.filter(product__produce__in=wanted)
        packs = packs.filter(produce__in=wanted)
        produce = produce.filter(pk__in=wanted)
    sellers: dict[int, list[int]] = defaultdict(list)
    for produce_id, partner_id in (
        records.order_by("product__produce", "partner__code")
        .values_list("product__produce", "partner")
        .distinct()
    ):
        sellers[produce_id].append(partner_id)
    partners = Partner.objects.in_bulk({one for ids in sellers.values() for one in ids})
    names: dict[int, list[str]] = defaultdict(list)
    for produce_id, zh, en in packs.order_by("pk").values_list("produce", "pack_zh", "pack_en"):
        names[produce_id] += [zh, en]
    meanings = _meanings()
    found = [
        _of_produce(one, [partners[pk] for pk in sellers[one.pk]], names[one.pk], meanings)
        for one in produce.order_by("code")
        if sellers.get(one.pk)
    ]
    if wanted is None:
        found += _categories(meanings) + _places(partners.values())
    return sorted(found, key=lambda one: (one.kind, one.key))


def _of_produce(
    produce: Produce, partners: list[Partner], packs: list[str], meanings: list[Meaning]
) -> Source:
    category = produce.category
    zh = f"{normalise(produce.name_zh)} {normalise(category.name)}"
    en = f" {' '.join(documents.english(produce.name_en))} "
    places = [name for one in partners for name in (one.village, one.county, one.province)]
    texts = [produce.description_zh, produce.description_en, *packs]
    texts += [name for one in partners for name in (one.name, one.name_en)]
    if produce.gi_certificate:
        texts.append("地理标志 地标 geographical indication")
    return Source(
        kind=Document.Kind.PRODUCE,
        key=produce.code,
        label_zh=produce.name_zh,
        label_en=produce.name_en,
        produce_id=produce.pk,
        season_from=produce.season_from,
        season_to=produce.season_to,
        groups=tuple(filter(None, (category.name, category.name_en))),
        places=tuple(dict.fromkeys(filter(None, places))),
        texts=tuple(dict.fromkeys(filter(None, texts))),
        meanings=_that_apply(meanings, zh, en),
    )


def _that_apply(meanings: Iterable[Meaning], zh: str, en: str) -> tuple[Meaning, ...]:
    return tuple(
        one
        for one in meanings
        if any(word in zh if is_hanzi(word) else f" {word} " in en for word in one.meant)
    )


def _categories(meanings: list[Meaning]) -> list[Source]:
    held = Exists(Produce.objects.filter(category=OuterRef("pk")))
    return [
        Source(
            kind=Document.Kind.CATEGORY,
            key=one.slug,
            label_zh=one.name,
            label_en=one.name_en,
            meanings=_that_apply(meanings, normalise(one.name), f" {one.name_en.lower()} "),
        )
        for one in Category.objects.filter(held).order_by("slug")
    ]


def _places(partners: Iterable[Partner]) -> list[Source]:
    """Counties and villages; in English they are written as they sound."""
    names = {name for one in partners for name in (one.county, one.village) if name}
    return [
        Source(
            kind=Document.Kind.PLACE,
            key=name,
            label_zh=name,
            label_en=sounds.lazy_sound(short_place(name)).capitalize(),
        )
        for name in sorted(names)
    ]


def _teach(sources: Iterable[Source]) -> None:
    """Names that are to be cut as one word: places, what staff entered, and names that jieba does
    not know a word of."""
    words: set[str] = set()
    for one in sources:
        for name in (*one.places, *one.groups):
            words |= {name, short_place(name)}
        for meaning in one.meanings:
            words |= {*meaning.typed, *meaning.meant}
    sounds.learn(sorted(word for word in words if is_hanzi(word)))
    names = {normalise(one.label_zh) for one in sources}
    sounds.learn(
        sorted(
            name
            for name in names
            if is_hanzi(name) and all(len(part) == 1 for part in sounds.cut(name))
        )
    )


def _write(made: Sequence[Made], digests: dict[tuple[str, str], str]) -> None:
    terms: dict[tuple[str, str], str] = {}
    rows = []
    for one in made:
        source = one.source
        rows.append(
            {
                "kind": str(source.kind),
                "key": source.key,
                "produce_id": source.produce_id,
                "label_zh": source.label_zh,
                "label_en": source.label_en,
                "season_from": source.season_from,
                "season_to": source.season_to,
                "words": one.words,
                "names": one.names,
                "texts": one.texts,
                "name_zh": one.name_zh,
                "split_zh": one.split_zh,
                "name_en": one.name_en,
                "sounds": one.sounds,
                "initials": one.initials,
                "aliases": one.aliases,
                "digest": digests[source.kind, source.key],
            }
        )
        terms |= one.terms
    named = [
        {"text": text, "lexeme": lexeme, "label": label}
        for (text, lexeme), label in sorted(terms.items())
    ]
    with connection.cursor() as cursor:
        for statement, objects in ((_WRITE, rows), (_WRITE_TERMS, named)):
            parameters: list[Any] = [Jsonb(objects)]
            cursor.execute(statement, parameters)


def reindex_later(changed: Iterable[Model]) -> None:
    """After the commit, have a worker make again what depends on rows that staff changed.

    With the broker down the sweep does it. Rows that no document is made from are nobody's affair.
    """
    produce: set[int] = set()
    everything = False
    for one in changed:
        if isinstance(one, Produce):
            produce.add(one.pk)
        elif isinstance(one, Product) and one.produce_id:
            produce.add(one.produce_id)
        elif isinstance(one, Synonym | Category | Partner):
            everything = True
    if everything:
        transaction.on_commit(lambda: _enqueue(None))
    elif produce:
        transaction.on_commit(lambda: _enqueue(sorted(produce)))


def _enqueue(produce_pks: list[int] | None) -> None:
    from storefront.search import tasks

    try:
        tasks.reindex.delay(produce_pks)
    except OperationalError as error:
        log.warning("search documents wait for the sweep: %s", error)


def save_synonyms(rows: Iterable[tuple[str, str]]) -> int:
    """Add rows of other words (typed, meant) that are not there yet; give how many."""
    there = set(Synonym.objects.values_list("typed", flat=True))
    new = [Synonym(typed=typed, meant=meant) for typed, meant in rows if typed not in there]
    Synonym.objects.bulk_create(new)
    return len(new)
