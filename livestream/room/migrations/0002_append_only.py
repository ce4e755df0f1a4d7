"""Events are never changed; one takes back only an earlier one of its own session."""

from django.db import migrations

from catalog.append_only import AppendOnly

FUNCTION = """
CREATE FUNCTION live_room_undo_is_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM live_room_shelfevent
         WHERE id = NEW.undoes_id AND session_id = NEW.session_id AND sequence < NEW.sequence
           AND kind IN ('pin', 'order', 'notice', 'chat')
    ) THEN
        RAISE EXCEPTION 'event % of session % does not undo an earlier one of it',
            NEW.sequence, NEW.session_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER live_room_undo AFTER INSERT ON live_room_shelfevent
    FOR EACH ROW WHEN (NEW.undoes_id IS NOT NULL) EXECUTE FUNCTION live_room_undo_is_own();
"""
REVERSE = """
DROP TRIGGER live_room_undo ON live_room_shelfevent;
DROP FUNCTION live_room_undo_is_own();
"""


class Migration(migrations.Migration):
    dependencies = [("live_room", "0001_initial")]

    operations = [
        AppendOnly("live_room_shelfevent"),
        migrations.RunSQL(FUNCTION, REVERSE),
    ]
