"""Seals: a digest beside each row, for facts that are written down once (docs/adr/0011).

The database's triggers write a seal with each row and renew it with each change that goes through
them. Whoever goes around the triggers leaves a row that disagrees with its seal, a row without
one, or a seal without its row: `verify_books` finds that. The application's role may read seals
and has no right to write them; the triggers do it with the owner's rights.

A books migration says `Sealed("households_lot", "id", ("code", "grade", …))`. Saying it again
later with other columns re-seals: only what agreed with its seal until then gets a new one, so a
corrupted row stays found.
"""

from collections.abc import Sequence
from typing import Any

from django.db import migrations

SEALS = "books_seal"
PREFIX = "shanhuo_seal_"
MOMENT = "timestamp with time zone"

CREATE_TABLE = f"""
CREATE TABLE {SEALS} (
    of_table text COLLATE "C" NOT NULL,
    row_key text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (of_table, row_key)
);
"""
TYPES = """
    SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
     WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""


def digest_function(table: str) -> str:
    """The name of the function that gives the digest of a row of this table."""
    return f"shanhuo_digest_{table}"


def _digest(name: str, table: str, columns: Sequence[str], types: dict[str, str]) -> str:
    # What a moment looks like as JSON depends on the session's time zone; in UTC it does not.
    values = ", ".join(
        f"(r.\"{column}\" AT TIME ZONE 'UTC')" if types[column] == MOMENT else f'r."{column}"'
        for column in columns
    )
    return f"""
    CREATE FUNCTION {name}(r public.{table}) RETURNS bytea LANGUAGE sql STABLE AS $$
        SELECT sha256(convert_to(jsonb_build_array({values})::text, 'UTF8'))
    $$
    """  # noqa: S608


def _triggers(table: str, key: str, columns: Sequence[str], deletable: bool) -> list[str]:
    """The trigger functions, with the owner's rights, and the triggers that call them."""
    writes, forgets = f"{PREFIX}{table}", f"{PREFIX}gone_{table}"
    head = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
    updated = ", ".join(f'"{column}"' for column in columns)
    old = ", ".join(f'OLD."{column}"' for column in columns)
    new = ", ".join(f'NEW."{column}"' for column in columns)
    statements = [
        f"""
        CREATE FUNCTION {writes}() RETURNS trigger {head} AS $$
        BEGIN
            INSERT INTO public.{SEALS} (of_table, row_key, digest)
            VALUES ('{table}', NEW."{key}"::text, public.{digest_function(table)}(NEW))
            ON CONFLICT (of_table, row_key) DO UPDATE SET digest = excluded.digest;
            RETURN NULL;
        END $$
        """,  # noqa: S608
        # Who may execute it could hang it on a table of their own and forge a seal.
        f"REVOKE ALL ON FUNCTION {writes}() FROM PUBLIC",
        f"""
        CREATE TRIGGER {table}_sealed AFTER INSERT ON {table}
            FOR EACH ROW EXECUTE FUNCTION {writes}()
        """,
        f"""
        CREATE TRIGGER {table}_sealed_again AFTER UPDATE OF {updated} ON {table}
            FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
            EXECUTE FUNCTION {writes}()
        """,
    ]
    if deletable:
        statements += [
            f"""
            CREATE FUNCTION {forgets}() RETURNS trigger {head} AS $$
            BEGIN
                DELETE FROM public.{SEALS}
                 WHERE of_table = '{table}' AND row_key = OLD."{key}"::text;
                RETURN NULL;
            END $$
            """,  # noqa: S608
            f"REVOKE ALL ON FUNCTION {forgets}() FROM PUBLIC",
            f"""
            CREATE TRIGGER {table}_unsealed AFTER DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION {forgets}()
            """,
        ]
    return statements


def _remove(table: str) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {table}_sealed ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_sealed_again ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_unsealed ON {table}",
        f"DROP FUNCTION IF EXISTS {PREFIX}{table}()",
        f"DROP FUNCTION IF EXISTS {PREFIX}gone_{table}()",
    ]


class Sealed(migrations.operations.base.Operation):
    """Seal columns of a table, from now on and for the rows that it has.

    `deletable`: rows of it may be deleted; the seal of one that the triggers saw go goes with it.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(
        self, table: str, key: str, columns: Sequence[str], deletable: bool = False
    ) -> None:
        self.table, self.key, self.columns = table, key, tuple(columns)
        self.deletable = deletable

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Django's models know nothing of it."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Install the triggers; seal what is there, or re-seal what was in order."""
        table, function = self.table, digest_function(self.table)
        sealed = (self.key, *self.columns)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(TYPES, [table])
            types = dict(cursor.fetchall())
            cursor.execute("SELECT to_regproc(%s) IS NOT NULL", [function])
            again = cursor.fetchone()[0]
        statements = [*_remove(table), _digest(f"{function}_new", table, sealed, types)]
        if again:
            statements += [
                f"""
                UPDATE {SEALS} s SET digest = {function}_new(r) FROM {table} r
                 WHERE s.of_table = '{table}' AND s.row_key = r."{self.key}"::text
                   AND s.digest = {function}(r)
                """,  # noqa: S608
                f"DROP FUNCTION {function}",
            ]
        else:
            statements.append(
                f"""
                INSERT INTO {SEALS} (of_table, row_key, digest)
                SELECT '{table}', r."{self.key}"::text, {function}_new(r) FROM {table} r
                """  # noqa: S608
            )
        statements.append(f"ALTER FUNCTION {function}_new RENAME TO {function}")
        statements += _triggers(table, self.key, sealed, self.deletable)
        for statement in statements:
            schema_editor.execute(statement)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Take the seals away."""
        for statement in (
            *_remove(self.table),
            f"DROP FUNCTION IF EXISTS {digest_function(self.table)}",
            f"DELETE FROM {SEALS} WHERE of_table = '{self.table}'",  # noqa: S608
        ):
            schema_editor.execute(statement)

    def describe(self) -> str:
        return f"Seal {self.table}: {', '.join(self.columns)}"
