from django.db import migrations

# As in 0002, with the kinds that an undo takes back.
FUNCTION = """
CREATE OR REPLACE FUNCTION live_room_undo_is_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM live_room_shelfevent
         WHERE id = NEW.undoes_id AND session_id = NEW.session_id AND sequence < NEW.sequence
           AND kind IN (%s)
    ) THEN
        RAISE EXCEPTION 'event %% of session %% does not undo an earlier one of it',
            NEW.sequence, NEW.session_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""
KINDS = "'pin', 'order', 'notice', 'chat'"


class Migration(migrations.Migration):
    dependencies = [("live_room", "0003_chat")]

    operations = [migrations.RunSQL(FUNCTION % f"{KINDS}, 'coupon'", FUNCTION % KINDS)]
