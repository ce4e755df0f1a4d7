"""The one statement that finds and ranks, for results and for suggestions.

Literal matches come first; only where there are none at all are terms that are spelt nearly so
looked up (trigrams), and then the documents that have them. Scores, from 0 to 100:

100  is its name              90, 88  sounds so, has these initials    86  its last word is that
84   another word for it      80      its name begins so               76  a word of it begins so
75…66  part of its sound, initials or name
40…60  has all words: in its name 10, other words 8, category and places 5 each
42     only mentions them, and nothing is called so
0…40   spelt nearly so

What is in season, then in stock, comes first among equals.
"""

from typing import Any

from django.db import connection

from storefront.search.asking import Asked

# So many candidates are ranked, of whole words and of beginnings each: what is more was asked for
# with too little to tell which is best.
MOST_CANDIDATES, CANDIDATES_FOR_ONE, MOST_NEAR = 1000, 25, 200
NEAR_FOR_ONE = 10
# Terms this much worse than the nearest one are not tried.
CLOSE = 0.7
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
WITH candidate AS MATERIALIZED (
    (SELECT id FROM produce_search_document
        WHERE kind = ANY(%(kinds)s) AND words @@ %(whole)s::tsquery LIMIT %(most)s)
    UNION
    (SELECT id FROM produce_search_document
        WHERE kind = ANY(%(kinds)s) AND words @@ %(begun)s::tsquery LIMIT %(most)s)
), called AS MATERIALIZED (
    SELECT d.id, CASE WHEN g.grade > 0 THEN g.grade ELSE {by_words} END AS score
    FROM candidate c JOIN produce_search_document d ON d.id = c.id
    CROSS JOIN LATERAL (SELECT {grade}::float8 AS grade OFFSET 0) AS g
), literal AS MATERIALIZED (
    SELECT id, score FROM called
    UNION ALL
    (SELECT id, 42.0::float8 FROM produce_search_document
        WHERE NOT EXISTS (SELECT FROM called) AND kind = ANY(%(kinds)s)
        AND texts @@ %(whole)s::tsquery LIMIT %(most)s)
), nearest AS (
    SELECT g.place, t.lexeme, t.label, t.near
    FROM unnest(%(guesses)s::text[]) WITH ORDINALITY AS g(guess, place)
    CROSS JOIN LATERAL (
        SELECT text, lexeme, label, similarity(text, g.guess) {alike} AS near
        FROM produce_search_term
        WHERE text %% g.guess OR (text LIKE left(g.guess, 2) || '%%' AND char_length(g.guess) < 7
            AND char_length(text) < 7 AND similarity(text, g.guess) >= 0.2)
        ORDER BY near DESC, text, lexeme LIMIT 4
    ) AS t
    WHERE NOT EXISTS (SELECT FROM literal)
), hits AS (
    SELECT d.id, n.place, max(n.near * d.part) AS near
    FROM (
        SELECT place, lexeme, near FROM (
            SELECT *, max(near) OVER (PARTITION BY place) AS best FROM nearest
        ) AS n WHERE near >= {close} * best
    ) AS n
    CROSS JOIN LATERAL (
        SELECT id, CASE
            WHEN names @@ ('''' || n.lexeme || ''':A')::tsquery THEN 1
            WHEN names @@ ('''' || n.lexeme || ''':B')::tsquery THEN 0.9
            ELSE 0.7 END AS part
        FROM produce_search_document
        WHERE kind = ANY(%(kinds)s) AND words @@ ('''' || n.lexeme || '''')::tsquery
        LIMIT %(most_near)s
    ) AS d
    GROUP BY d.id, n.place
), spelt AS (
    SELECT id, 40 * GREATEST(
        max(near) FILTER (WHERE place = 1),
        sum(near) FILTER (WHERE place > 1) / GREATEST(cardinality(%(guesses)s::text[]) - 1, 1)
    ) AS score
    FROM hits GROUP BY id
), ranked AS (
    SELECT id, score, FALSE AS guessed FROM literal
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
ORDER BY f.score DESC, f.in_season DESC, (
    -- Not EXISTS: that would be planned as a read of all pools.
    SELECT 1 FROM partner_stockpool p WHERE p.produce_id = f.produce_id
    AND p.on_hand + p.promised > p.reserved + p.allocated LIMIT 1), char_length(f.label_zh),
    f.kind DESC, f.key
"""


# The planner takes a comparison of long texts for as cheap as one of numbers, and would rather read
# the whole table. In one message with the statement, so it costs no way to the server; and only
# until its end, also inside a transaction of somebody else's.
_INDEXES_ALONE = "SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 1.1;\n"
_AS_BEFORE = ";\nSET LOCAL enable_seqscan = DEFAULT; SET LOCAL random_page_cost = DEFAULT"


def rows_of(sql: str, parameters: dict[str, Any]) -> list[tuple]:
    """Run a statement of this file with plans that use indexes; give its rows."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES_ALONE + sql + _AS_BEFORE, parameters)
        while cursor.description is None:
            cursor.nextset()
        return cursor.fetchall()


def statement(asked: Asked, kinds: list[str], month: int, limit: int) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters. Rows: kind, key, produce, both labels, score, guessed."""
    parameters: dict[str, Any] = {
        "zh": asked.zh,
        "en": asked.en,
        "sound": asked.sound,
        "kinds": kinds,
        "whole": asked.whole,
        "begun": asked.begun,
        "guesses": asked.guesses,
        "month": month,
        "limit": limit,
        "most_near": min(MOST_NEAR, NEAR_FOR_ONE * limit),
        "most": min(MOST_CANDIDATES, CANDIDATES_FOR_ONE * limit),
    }
    classes = []
    for number, unit in enumerate(asked.units):
        cases = []
        for weight, points in (("A", 10), ("B", 8)):
            name = f"unit{number}{weight}"
            parameters[name] = unit.begun(weight)
            cases.append(f"WHEN d.names @@ %({name})s::tsquery THEN {points}")
        classes.append(f"CASE {' '.join(cases)} ELSE 5 END")
    sql = _STATEMENT.format(
        grade=_GRADE,
        by_words=f"40 + 2.0 * ({' + '.join(classes)}) / {len(classes)}",
        in_season=_IN_SEASON,
        alike=_ALIKE,
        close=CLOSE,
        of_best=NEAR_OF_BEST,
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
