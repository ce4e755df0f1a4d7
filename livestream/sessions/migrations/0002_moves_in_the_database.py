"""Events are never changed, and the state of a session is where its last event took it."""

from django.db import migrations

from catalog.append_only import AppendOnly

FUNCTION = """
CREATE FUNCTION live_session_state_has_its_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint;
    said text;
    last text;
BEGIN
    IF TG_TABLE_NAME = 'live_sessions_livesession' THEN
        wanted := NEW.id;
    ELSE
        wanted := NEW.session_id;
    END IF;
    SELECT state INTO said FROM live_sessions_livesession WHERE id = wanted;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT to_state INTO last FROM live_sessions_sessionevent
     WHERE session_id = wanted ORDER BY sequence DESC LIMIT 1;
    IF said <> coalesce(last, 'draft') THEN
        RAISE EXCEPTION 'session % is %, its last event says %',
            wanted, said, coalesce(last, 'draft') USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGERS = """
CREATE CONSTRAINT TRIGGER live_session_state AFTER INSERT OR UPDATE OF state
    ON live_sessions_livesession DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION live_session_state_has_its_event();
CREATE CONSTRAINT TRIGGER live_session_event AFTER INSERT
    ON live_sessions_sessionevent DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION live_session_state_has_its_event();
"""
REVERSE = """
DROP TRIGGER live_session_state ON live_sessions_livesession;
DROP TRIGGER live_session_event ON live_sessions_sessionevent;
DROP FUNCTION live_session_state_has_its_event();
"""


class Migration(migrations.Migration):
    dependencies = [("live_sessions", "0001_initial")]

    operations = [
        AppendOnly("live_sessions_sessionevent"),
        migrations.RunSQL(FUNCTION + TRIGGERS, REVERSE),
    ]
