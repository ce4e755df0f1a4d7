from django.db import migrations

# Home and campaign pages show their livestreams.
EVENTS = {
    "INSERT": "NEW TABLE AS changed",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS changed",
    "DELETE": "OLD TABLE AS changed",
}


class Migration(migrations.Migration):
    dependencies = [("speed", "0001_page_changes"), ("live_sessions", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=f"CREATE TRIGGER page_note_{event.lower()} AFTER {event} ON "
            f"live_sessions_livesession REFERENCING {seen} FOR EACH STATEMENT "
            "EXECUTE FUNCTION page_note('content', '{}')",
            reverse_sql=f"DROP TRIGGER page_note_{event.lower()} ON live_sessions_livesession",
        )
        for event, seen in EVENTS.items()
    ]
