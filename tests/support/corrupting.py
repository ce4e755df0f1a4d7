"""Corrupt one row of a table, as somebody could with the database's triggers off."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, NULL), NOT a.attnotnull, parent.relname, key.attname
      FROM pg_attribute a
      LEFT JOIN pg_constraint c
        ON c.conrelid = a.attrelid AND c.contype = 'f' AND c.conkey[1] = a.attnum
      LEFT JOIN pg_class parent ON parent.oid = c.confrelid
      LEFT JOIN pg_attribute key ON key.attrelid = c.confrelid AND key.attnum = c.confkey[1]
     WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum
"""
PRIMARY_KEY = """
    SELECT a.attname FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = %s::regclass AND i.indisprimary
"""
IDENTITY = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''"
CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
# A key that leads to no row.
NOWHERE: dict[str, LiteralString] = {"uuid": "gen_random_uuid()", "character varying": "'ZZ'"}
# A value for a row that is invented.
ANYTHING: dict[str, LiteralString] = {
    "uuid": "gen_random_uuid()",
    "character varying": "'x'",
    "text": "'x'",
    "boolean": "false",
    "date": "current_date",
    "timestamp with time zone": "now()",
    "jsonb": "'{}'",
}
WHOLE = ("smallint", "integer", "bigint", "numeric")


@dataclass(frozen=True)
class Column:
    """A column: its type, whether it may be empty, and where it leads if it is a foreign key."""

    name: str
    type: str
    nullable: bool
    parent: str | None
    parent_key: str | None


@dataclass(frozen=True)
class Corruption:
    """One statement that changes one row, and what to call it."""

    name: str
    key: Any
    statement: sql.Composed


class Table:
    """A table, as its columns tell how it can be corrupted."""

    def __init__(self, cursor: psycopg.Cursor, name: str):
        self.name = name
        self.cursor = cursor
        self.columns = [Column(*row) for row in cursor.execute(COLUMNS, [name]).fetchall()]
        self.key = cursor.execute(PRIMARY_KEY, [name]).fetchall()[0][0]

    def allow_anything(self) -> bool:
        """Drop the table's CHECK constraints and switch off its triggers, for this transaction.

        A table that is empty gets an invented row first, while its triggers are on. Gives whether
        it did.
        """
        for (constraint,) in self.cursor.execute(CHECKS, [self.name]).fetchall():
            self.cursor.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                    sql.Identifier(self.name), sql.Identifier(constraint)
                )
            )
        empty = not self.keys(1)
        if empty:
            self._invent()
        self.cursor.execute("SET LOCAL session_replication_role = replica")
        return empty

    def _invent(self) -> None:
        """Write a row of anything; foreign keys are asked at a commit, which never comes."""
        counted = self.cursor.execute(IDENTITY, [self.name]).fetchall()
        given = [column for column in self.columns if (column.name,) not in counted]
        self.cursor.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(self.name),
                sql.SQL(", ").join(sql.Identifier(column.name) for column in given),
                sql.SQL(", ").join(sql.SQL(ANYTHING.get(c.type, "1")) for c in given),
            )
        )

    def keys(self, most: int, where: LiteralString = "true") -> list[Any]:
        """Some rows' keys: the first, the last, and others spread between."""
        rows = self.cursor.execute(
            sql.SQL("SELECT {0} FROM {1} WHERE {2} ORDER BY {0}").format(
                sql.Identifier(self.key), sql.Identifier(self.name), sql.SQL(where)
            )
        ).fetchall()
        keys = [row[0] for row in rows]
        if len(keys) <= most:
            return keys
        if most == 1:
            return [keys[len(keys) // 2]]
        return [keys[place * (len(keys) - 1) // (most - 1)] for place in range(most)]

    def row(self, key: Any) -> tuple | None:
        """The row as it is now."""
        return self.cursor.execute(
            sql.SQL("SELECT * FROM {} WHERE {} = {}").format(
                sql.Identifier(self.name), sql.Identifier(self.key), sql.Literal(key)
            )
        ).fetchone()

    def delete(self, key: Any) -> Corruption:
        return Corruption(
            f"{self.name} {key} deleted",
            key,
            sql.SQL("DELETE FROM {} WHERE {} = {}").format(
                sql.Identifier(self.name), sql.Identifier(self.key), sql.Literal(key)
            ),
        )

    def duplicate(self, key: Any) -> Corruption:
        """The same row once more under another key."""
        others = sql.SQL(", ").join(
            sql.Identifier(column.name) for column in self.columns if column.name != self.key
        )
        kind = next(column.type for column in self.columns if column.name == self.key)
        new = {"uuid": "gen_random_uuid()", "character varying": "'evt_another'"}
        return Corruption(
            f"{self.name} {key} there twice",
            key,
            sql.SQL(
                "INSERT INTO {table} ({key}, {others}) OVERRIDING SYSTEM VALUE"
                " SELECT {new}, {others} FROM {table} WHERE {key} = {value}"
            ).format(
                table=sql.Identifier(self.name),
                key=sql.Identifier(self.key),
                others=others,
                new=sql.SQL(new.get(kind, "987654")),
                value=sql.Literal(key),
            ),
        )

    def corruptions(self, column: Column, key: Any) -> Iterator[Corruption]:
        """Every way to change a column of one row that its type suggests."""
        for how, value in self._values(column):
            yield self._changed(column, key, how, value)

    def additions(self, column: Column, key: Any) -> Iterator[Corruption]:
        """Something more in a JSON column, which no rule need read."""
        if column.type == "jsonb":
            yield self._changed(
                column,
                key,
                "has more",
                sql.SQL("{} || '{{\"9\": 1}}'::jsonb").format(sql.Identifier(column.name)),
            )

    def _changed(self, column: Column, key: Any, how: str, value: sql.Composable) -> Corruption:
        return Corruption(
            f"{self.name} {key}: {column.name} {how}",
            key,
            sql.SQL("UPDATE {} SET {} = {} WHERE {} = {}").format(
                sql.Identifier(self.name),
                sql.Identifier(column.name),
                value,
                sql.Identifier(self.key),
                sql.Literal(key),
            ),
        )

    def _values(self, column: Column) -> Iterator[tuple[str, sql.Composable]]:
        own = sql.Identifier(column.name)
        if column.parent:
            other = (
                "(SELECT p.{1} FROM {0} p WHERE p.{1} IS DISTINCT FROM {3}.{2}"
                " ORDER BY p.{1} OFFSET {4} LIMIT 1)"
            )
            nowhere = NOWHERE.get(column.type, "coalesce({}, 0) + 1000000")
            yield "points at nothing", sql.SQL(nowhere).format(own)
            for place in (0, 1):
                yield (
                    f"points at another ({place})",
                    sql.SQL(other).format(
                        sql.Identifier(column.parent),
                        sql.Identifier(column.parent_key or "id"),
                        own,
                        sql.Identifier(self.name),
                        sql.Literal(place),
                    ),
                )
            if column.nullable:
                yield "emptied", sql.SQL("NULL")
        elif column.type in WHOLE:
            yield "more by one", sql.SQL("coalesce({}, 0) + 1").format(own)
            yield "less by one", sql.SQL("{} - 1").format(own)
        elif column.type == "boolean":
            yield "flipped", sql.SQL("NOT {}").format(own)
        elif column.type == "date":
            yield "a day later", sql.SQL("{} + 1").format(own)
            yield "a day earlier", sql.SQL("{} - 1").format(own)
        elif column.type == "timestamp with time zone":
            yield "40 days later", sql.SQL("{} + interval '40 days'").format(own)
            if column.nullable:
                yield "emptied", sql.SQL("NULL")
                yield "set", sql.SQL("coalesce({}, now())").format(own)
        elif column.type in ("character varying", "text"):
            same = "(SELECT max(o.{0}) FROM {1} o WHERE o.{0} <> {1}.{0})"
            yield "another's", sql.SQL(same).format(own, sql.Identifier(self.name))
            yield "longer", sql.SQL("coalesce({}, '') || 'X'").format(own)
            yield "shorter", sql.SQL("left({}, -1)").format(own)
        elif column.type == "uuid":
            yield "another", sql.SQL("gen_random_uuid()")
        elif column.type == "jsonb":
            yield "emptied", sql.SQL("'{}'::jsonb")
            # The first number in it, more by one.
            yield (
                "a number changed",
                sql.SQL(
                    "regexp_replace({}::text, '\": ([0-9]+)([,}}])', '\": 1\\1\\2')::jsonb"
                ).format(own),
            )
