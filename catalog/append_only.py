"""Tables whose rows are never changed and never deleted: the database refuses, for every role.

A migration of the table's app says `AppendOnly("ledger_posting")`. `manage.py grant_roles` finds
these tables by their trigger and takes UPDATE, DELETE and TRUNCATE from the application's role,
so that two locks hold: no right to do it, and a trigger where there is one.
"""

from django.db import migrations

TRIGGER_FUNCTION = "shanhuo_refuse_change"

CREATE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {TRIGGER_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are never changed, correct by a new row',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


class AppendOnly(migrations.RunSQL):
    """Refuse UPDATE, DELETE and TRUNCATE on a table."""

    def __init__(self, table: str):
        self.table = table
        super().__init__(
            sql=CREATE_FUNCTION
            + f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION {TRIGGER_FUNCTION}();
            CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER_FUNCTION}();
            """,
            reverse_sql=f"""
            DROP TRIGGER {table}_append_only ON {table};
            DROP TRIGGER {table}_no_truncate ON {table};
            """,
        )

    def deconstruct(self):
        return (self.__class__.__qualname__, [self.table], {})
