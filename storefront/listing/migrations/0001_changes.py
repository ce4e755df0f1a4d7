from django.db import migrations

# What changed that a list of produce shows or filters by (ADR 0015). Rows are only ever inserted,
# so that no two transactions wait for each other here; `xid` says which transaction wrote it, so
# that a reader misses none that commits late. No produce: everything may have changed.
TABLE = """
CREATE TABLE listing_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    produce_id bigint,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX listing_change_xid ON listing_change (xid);
CREATE INDEX listing_change_written_at ON listing_change (written_at);
"""


def noting(name: str, old: str, new: str) -> str:
    """A trigger's function that notes the produce of the row before and after."""
    return f"""
    CREATE FUNCTION listing_note_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO listing_change (produce_id) {old};
        END IF;
        IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND OLD.{{column}} IS DISTINCT FROM NEW.{{column}})
        THEN
            INSERT INTO listing_change (produce_id) {new};
        END IF;
        RETURN NULL;
    END $$;
    """


def by(name: str, column: str) -> str:
    """As above, where the row itself names its produce."""
    return noting(
        name,
        f"SELECT OLD.{column} WHERE OLD.{column} IS NOT NULL",
        f"SELECT NEW.{column} WHERE NEW.{column} IS NOT NULL",
    ).replace("{column}", column)


RECORD = "SELECT produce_id FROM catalogue_product WHERE id = {row}.product_id AND produce_id IS NOT NULL"
FUNCTIONS = (
    by("produce", "id")
    + by("pack", "produce_id")
    + by("pool", "produce_id")
    + noting("record", RECORD.format(row="OLD"), RECORD.format(row="NEW")).replace("{column}", "product_id")
    + """
    CREATE FUNCTION listing_note_all() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO listing_change (produce_id) VALUES (NULL);
        RETURN NULL;
    END $$;
    """
)
NOTED = {
    "catalogue_produce": "produce",
    "catalogue_product": "pack",
    "partner_stockpool": "pool",
    "partner_stockrecord": "record",
}
ALL = ("partner_partner", "catalogue_category")
TRIGGERS = "".join(
    f"CREATE TRIGGER listing_note AFTER INSERT OR UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION listing_note_{name}();\n"
    for table, name in NOTED.items()
) + "".join(
    f"CREATE TRIGGER listing_note AFTER INSERT OR UPDATE OR DELETE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION listing_note_all();\n"
    for table in ALL
)
UNDO = "".join(f"DROP TRIGGER listing_note ON {table};\n" for table in (*NOTED, *ALL)) + "".join(
    f"DROP FUNCTION listing_note_{name}();\n" for name in (*NOTED.values(), "all")
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0035_damage_claims"),
        ("partner", "0010_stock_record_once"),
    ]

    operations = [
        migrations.RunSQL(
            sql=TABLE + FUNCTIONS + TRIGGERS, reverse_sql=UNDO + "DROP TABLE listing_change;"
        )
    ]
