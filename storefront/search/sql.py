"""The one statement that finds and ranks, for results and for suggestions.

Literal matches come first; only where there are none at all are terms that are spelt nearly so
looked up (trigrams), and then the documents that have them. Scores, from 0 to 100:

100  is its name              90, 88  sounds so, has these initials    86  its last word is that
84   another word for it      80      its name begins so               76  a word of it begins so
75…66  part of its sound, initials or name
40…60  has all words: in its name 10, other words 8, category and places 5, description 1 each
0…40   spelt nearly so

What is in season, then in stock, comes first among equals.
"""

from typing import Any

from storefront.search.asking import Asked

# Where something has the words in its name, what only mentions them is left out: cooperatives are
# called after what they grow.
CLEAR, ASIDE = 50, 46
# Guesses that are farther off than that, or this much worse than the best, are left out.
NEAR_LEAST, NEAR_OF_BEST = 0.34, 0.6
_GRADE = """GREATEST(
    CASE WHEN %(zh)s = '' THEN 0
         WHEN d.name_zh = %(zh)s THEN 100
         WHEN right(d.split_zh, char_length(%(zh)s) + 1) = ' ' || %(zh)s THEN 86
         WHEN %(zh)s = ANY(d.aliases) THEN 84
         WHEN starts_with(d.name_zh, %(zh)s) THEN 80
         WHEN strpos(d.split_zh, ' ' || %(zh)s) > 0 THEN 76
         WHEN right(d.name_zh, char_length(%(zh)s)) = %(zh)s THEN 74
         WHEN strpos(d.name_zh, %(zh)s) > 0 THEN 70
         ELSE 0 END,
    CASE WHEN %(en)s = '' THEN 0
         WHEN d.name_en = ' ' || %(en)s THEN 100
         WHEN right(d.name_en, char_length(%(en)s) + 1) = ' ' || %(en)s THEN 86
         WHEN %(en)s = ANY(d.aliases) THEN 84
         WHEN starts_with(d.name_en, ' ' || %(en)s) THEN 80
         WHEN strpos(d.name_en, ' ' || %(en)s) > 0 THEN 76
         ELSE 0 END,
    CASE WHEN %(sound)s = '' THEN 0
         WHEN %(sound)s = ANY(d.sounds) THEN 90
         WHEN d.initials = %(sound)s THEN 88
         WHEN char_length(%(sound)s) < 2 THEN 0
         WHEN right(d.sounds[1], char_length(%(sound)s)) = %(sound)s THEN 75
         WHEN starts_with(d.sounds[1], %(sound)s) THEN 73
         WHEN right(d.initials, char_length(%(sound)s)) = %(sound)s THEN 72
         WHEN starts_with(d.initials, %(sound)s) THEN 71
         WHEN strpos(d.sounds[1], %(sound)s) > 0 THEN 66
         ELSE 0 END)"""
_IN_SEASON = """CASE WHEN season_from <= season_to
    THEN %(month)s BETWEEN season_from AND season_to
    ELSE %(month)s >= season_from OR %(month)s <= season_to END"""
# Among what has as many trigrams in common: one letter mistaken is nearer than one left out.
_ALIKE = """+ CASE WHEN char_length(text) = char_length(g.guess) THEN 0.02 ELSE 0 END
            + CASE WHEN right(text, 1) = right(g.guess, 1) THEN 0.02 ELSE 0 END"""
_STATEMENT = """
WITH literal AS MATERIALIZED (
    SELECT d.id, GREATEST({grade}, {by_words})::float8 AS score
    FROM produce_search_document d
    WHERE d.kind = ANY(%(kinds)s) AND d.words @@ %(matching)s::tsquery
), nearest AS (
    SELECT g.place, t.lexeme, t.label, t.near
    FROM unnest(%(guesses)s::text[]) WITH ORDINALITY AS g(guess, place)
    CROSS JOIN LATERAL (
        SELECT text, lexeme, label, similarity(text, g.guess) {alike} AS near
        FROM produce_search_term
        WHERE text %% g.guess OR (text LIKE left(g.guess, 2) || '%%' AND char_length(g.guess) < 7
            AND char_length(text) < 7 AND similarity(text, g.guess) >= 0.2)
        ORDER BY near DESC, text, lexeme LIMIT 8
    ) AS t
    WHERE NOT EXISTS (SELECT FROM literal)
), hits AS (
    SELECT d.id, n.place, max(n.near * CASE
            WHEN d.words @@ ('''' || n.lexeme || ''':A')::tsquery THEN 1
            WHEN d.words @@ ('''' || n.lexeme || ''':B')::tsquery THEN 0.9
            WHEN d.words @@ ('''' || n.lexeme || ''':C')::tsquery THEN 0.7
            ELSE 0.3 END) AS near
    FROM nearest n
    JOIN produce_search_document d ON d.words @@ ('''' || n.lexeme || '''')::tsquery
    WHERE d.kind = ANY(%(kinds)s)
    GROUP BY d.id, n.place
), spelt AS (
    SELECT id, 40 * GREATEST(
        max(near) FILTER (WHERE place = 1),
        sum(near) FILTER (WHERE place > 1) / GREATEST(cardinality(%(guesses)s::text[]) - 1, 1)
    ) AS score
    FROM hits GROUP BY id
), ranked AS (
    SELECT id, score, FALSE AS guessed FROM literal
    WHERE score > CASE WHEN (SELECT max(score) FROM literal) >= {clear} THEN {aside} ELSE 0 END
    UNION ALL
    SELECT id, score, TRUE FROM spelt
    WHERE score >= GREATEST(40 * {least}, {of_best} * (SELECT max(score) FROM spelt))
), first AS (
    SELECT r.score, r.guessed, {in_season} AS in_season, d.kind, d.key, d.produce_id, d.label_zh,
        d.label_en
    FROM ranked r JOIN produce_search_document d ON d.id = r.id
    ORDER BY r.score DESC, in_season DESC, char_length(d.name_zh), d.kind DESC, d.key
    LIMIT %(limit)s
)
SELECT f.kind, f.key, f.produce_id, f.label_zh, f.label_en, f.score, f.guessed
FROM first f
ORDER BY f.score DESC, f.in_season DESC, EXISTS (
    SELECT FROM partner_stockpool p WHERE p.produce_id = f.produce_id
    AND p.on_hand + p.promised > p.reserved + p.allocated) DESC, char_length(f.label_zh),
    f.kind DESC, f.key
"""


def statement(asked: Asked, kinds: list[str], month: int, limit: int) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters. Rows: kind, key, produce, both labels, score, guessed."""
    parameters: dict[str, Any] = {
        "zh": asked.zh,
        "en": asked.en,
        "sound": asked.sound,
        "kinds": kinds,
        "matching": asked.matching,
        "guesses": asked.guesses,
        "month": month,
        "limit": limit,
    }
    classes = []
    for number, unit in enumerate(asked.units):
        cases = []
        for weight, points in (("A", 10), ("B", 8), ("C", 5)):
            name = f"unit{number}{weight}"
            parameters[name] = unit.tsquery(weight)
            cases.append(f"WHEN d.words @@ %({name})s::tsquery THEN {points}")
        classes.append(f"CASE {' '.join(cases)} ELSE 1 END")
    by_words = f"40 + 2.0 * ({' + '.join(classes)}) / {len(classes)}"
    sql = _STATEMENT.format(
        grade=_GRADE,
        by_words=by_words,
        in_season=_IN_SEASON,
        alike=_ALIKE,
        of_best=NEAR_OF_BEST,
        clear=CLEAR,
        aside=ASIDE,
        least=NEAR_LEAST,
    )
    return sql, parameters


_NEAREST = """
SELECT DISTINCT ON (g.place) g.place, t.label, similarity(t.text, g.guess)
FROM unnest(%(guesses)s::text[]) WITH ORDINALITY AS g(guess, place)
JOIN produce_search_term t ON t.text %% g.guess
ORDER BY g.place, similarity(t.text, g.guess) DESC, char_length(t.label), t.text, t.lexeme
"""


def nearest_terms(asked: Asked) -> tuple[str, dict[str, Any]]:
    """The statement for the term nearest to each guess. Rows: place (from 1), label, nearness."""
    return _NEAREST, {"guesses": asked.guesses}
