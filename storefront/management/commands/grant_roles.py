"""Give the application's role its rights: all on ordinary tables, no change on append-only ones."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg import sql

from catalog.append_only import TRIGGER_FUNCTION
from storefront.books.sealing import PREFIX, SEALS


class Command(BaseCommand):
    help = (
        "Grants the application's database role (the user of DATABASE_URL) what it needs. "
        "Run as the owner after each migrate; running it again changes nothing."
    )

    def handle(self, *args, **options) -> None:
        role = settings.DATABASE_APP_ROLE
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            if cursor.fetchone()[0] == role:
                raise CommandError(
                    f"{role} is the application's own role: set DATABASE_OWNER_URL to the owner's."
                )
            cursor.execute(
                "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger t "
                "JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = %s ORDER BY 1",
                [TRIGGER_FUNCTION],
            )
            append_only = [row[0] for row in cursor.fetchall()]
            app = sql.Identifier(role)
            for statement in (
                "GRANT USAGE ON SCHEMA public TO {}",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
                "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}",
                # Only the triggers write seals, with the owner's rights.
                f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {SEALS} FROM {{}}",
            ):
                cursor.execute(sql.SQL(statement).format(app))
            for table in append_only:
                cursor.execute(
                    sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                        sql.Identifier(table), app
                    )
                )
            # A restore without privileges gives them back to everybody.
            cursor.execute(
                "SELECT oid::regprocedure::text FROM pg_proc WHERE starts_with(proname, %s)",
                [PREFIX],
            )
            for (function,) in cursor.fetchall():
                cursor.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        self.stdout.write(f"{role}: rights given; {len(append_only)} tables are append-only.")
