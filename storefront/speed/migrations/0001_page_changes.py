from django.db import migrations

# What changed that a public page shows, beside what listing_change notes (ADR 0017). `topic` is
# "content", "figures" or a produce's number. As there: rows are only ever inserted.
TABLE = """
CREATE TABLE page_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX page_change_xid ON page_change (xid);
CREATE INDEX page_change_written_at ON page_change (written_at);
"""
# Each is run once for a statement, and writes only where rows really changed. The first argument
# is the topic, the second the columns that no page shows.
FUNCTIONS = """
CREATE FUNCTION page_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM FROM (
            SELECT to_jsonb(changed) - string_to_array(TG_ARGV[1], ',') FROM changed
            EXCEPT
            SELECT to_jsonb(before) - string_to_array(TG_ARGV[1], ',') FROM before
        ) different LIMIT 1;
    ELSE
        PERFORM FROM changed LIMIT 1;
    END IF;
    IF FOUND THEN
        INSERT INTO page_change (topic) VALUES (TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;

-- An offer's uses are counted with every sale: it shows only once there are none left.
CREATE FUNCTION page_note_used_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM changed JOIN before USING (id)
      WHERE (changed.uses_held + changed.uses_done >= changed.uses_limit)
            IS DISTINCT FROM (before.uses_held + before.uses_done >= before.uses_limit)
         OR (changed.budget_held_fen + changed.budget_done_fen >= changed.budget_fen)
            IS DISTINCT FROM (before.budget_held_fen + before.budget_done_fen >= before.budget_fen)
      LIMIT 1;
    IF FOUND THEN
        INSERT INTO page_change (topic) VALUES ('content');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION page_note_produce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO page_change (topic) SELECT DISTINCT produce_id::text FROM changed;
    RETURN NULL;
END $$;

CREATE FUNCTION page_note_review_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO page_change (topic)
    SELECT DISTINCT review.produce_id::text
      FROM changed JOIN shop_reviews_review review ON review.id = changed.review_id;
    RETURN NULL;
END $$;

CREATE FUNCTION page_note_picking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO page_change (topic)
    SELECT DISTINCT pool.produce_id::text
      FROM changed JOIN partner_stockpool pool ON pool.id = changed.pool_id;
    RETURN NULL;
END $$;
"""
# {table: columns that may change without a page showing it}
CONTENT = {
    "campaigns_campaign": (),
    "catalogue_produce": (),
    "catalogue_product": ("offer_price", "date_updated", "rating"),
    "discounts_terms": (
        "version", "uses_limit", "uses_held", "uses_done",
        "budget_fen", "budget_held_fen", "budget_done_fen",
    ),
    "discounts_terms_produce": (),
    "households_household": ("code", "village", "shares", "people", "joined_on"),
    "offer_benefit": (),
    "offer_condition": (),
    "offer_conditionaloffer": ("total_discount", "num_applications", "num_orders"),
    "pages_articleindexpage": (),
    "pages_articlepage": (),
    "pages_campaignpage": (),
    "pages_campaignpageproduce": (),
    "pages_contentpage": (),
    "pages_cooperativepage": (),
    "pages_helpindexpage": (),
    "pages_helppage": (),
    "pages_homepage": (),
    "pages_moneypage": (),
    "pages_storypage": (),
    "pages_villagepage": (),
    "pages_villagespage": (),
    "partner_stockrecord": (
        "price", "agreed_price", "num_in_stock", "num_allocated", "date_updated",
    ),
    "pictures_producephoto": (),
    "routing_freightrate": (),
    "settlement_creditrule": (),
    "wagtailcore_page": (
        "draft_title", "latest_revision_id", "latest_revision_created_at",
        "has_unpublished_changes", "locked", "locked_at", "locked_by_id", "owner_id",
    ),
    "wagtailcore_pageviewrestriction": (),
    "wagtailcore_site": (),
    "wagtaildocs_document": (),
    "wagtailimages_image": (),
    "wagtailimages_rendition": (),
}  # fmt: skip
FIGURES = {"impact_publication": ()}
OF_PRODUCE = {
    "shop_reviews_review": "page_note_produce",
    "shop_reviews_reviewpicture": "page_note_review_picture",
    "partner_pickingday": "page_note_picking",
}
SEEN = {
    "INSERT": "NEW TABLE AS changed",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS changed",
    "DELETE": "OLD TABLE AS changed",
}


def trigger(table: str, event: str, call: str, name: str = "page_note") -> str:
    return (
        f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {table} "
        f"REFERENCING {SEEN[event]} FOR EACH STATEMENT EXECUTE FUNCTION {call};\n"
    )


def noting(tables: dict[str, tuple[str, ...]], topic: str) -> dict[str, str]:
    return {
        table: f"page_note('{topic}', '{','.join(hidden)}')" for table, hidden in tables.items()
    }


CALLS = {
    **noting(CONTENT, "content"),
    **noting(FIGURES, "figures"),
    **{table: f"{function}()" for table, function in OF_PRODUCE.items()},
}
USED_UP = trigger("discounts_terms", "UPDATE", "page_note_used_up()", "page_note_used_up")
TRIGGERS = "".join(trigger(table, event, call) for table, call in CALLS.items() for event in SEEN)
UNDO = (
    "DROP TRIGGER page_note_used_up_update ON discounts_terms;\n"
    + "".join(
        f"DROP TRIGGER page_note_{event.lower()} ON {table};\n"
        for table in CALLS
        for event in SEEN
    )
    + "".join(
        f"DROP FUNCTION page_note{name}();\n"
        for name in ("", "_used_up", "_produce", "_review_picture", "_picking")
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_capital_codes"),
        ("catalogue", "0037_without_one_picture"),
        ("discounts", "0003_gift_key"),
        ("households", "0003_village_import"),
        ("impact", "0001_published"),
        ("listing", "0001_changes"),
        ("offer", "0013_range_excluded_categories"),
        ("pages", "0004_one_body"),
        ("partner", "0010_stock_record_once"),
        ("pictures", "0002_photos_from_produce"),
        ("routing", "0006_transit_days"),
        ("settlement", "0003_release_hold"),
        ("shop_reviews", "0001_initial"),
        ("wagtailcore", "0094_alter_page_locale"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("wagtailimages", "0027_image_description"),
    ]

    operations = [
        migrations.RunSQL(
            sql=TABLE + FUNCTIONS + TRIGGERS + USED_UP,
            reverse_sql=UNDO + "DROP TABLE page_change;",
        )
    ]
