"""Changes of address are never changed, but for one thing: the person may be taken out of them.

The trigger that refuses every UPDATE lets through the one that blanks name, phone and street and
nothing else. The application's role has no UPDATE there; it calls a function with the owner's
rights that can do no more than that. The seal is renewed by its own trigger.
"""

from django.db import migrations

BLANKED = """
CREATE FUNCTION shanhuo_blanked_address(address jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT address || '{"name": "—", "phone": "", "street": "—"}'::jsonb
$$;
"""
GUARD = """
CREATE FUNCTION shanhuo_only_blank_address_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND (NEW.uuid, NEW.order_id, NEW.refund_id, NEW.changed_by_id, NEW.created_at)
           IS NOT DISTINCT FROM
           (OLD.uuid, OLD.order_id, OLD.refund_id, OLD.changed_by_id, OLD.created_at)
       AND NEW.before = public.shanhuo_blanked_address(OLD.before)
       AND NEW.after = public.shanhuo_blanked_address(OLD.after)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % is refused: its rows are never changed, correct by a new row',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER aftersales_addresschange_append_only ON aftersales_addresschange;
CREATE TRIGGER aftersales_addresschange_append_only
    BEFORE UPDATE OR DELETE ON aftersales_addresschange
    FOR EACH ROW EXECUTE FUNCTION shanhuo_only_blank_address_change();
"""
BLANK = """
CREATE FUNCTION shanhuo_blank_address_change(which uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE public.aftersales_addresschange
       SET before = public.shanhuo_blanked_address(before),
           after = public.shanhuo_blanked_address(after)
     WHERE uuid = which
$$;
"""
BACK = """
DROP FUNCTION shanhuo_blank_address_change(uuid);
DROP TRIGGER aftersales_addresschange_append_only ON aftersales_addresschange;
CREATE TRIGGER aftersales_addresschange_append_only
    BEFORE UPDATE OR DELETE ON aftersales_addresschange
    FOR EACH ROW EXECUTE FUNCTION shanhuo_refuse_change();
DROP FUNCTION shanhuo_only_blank_address_change();
DROP FUNCTION shanhuo_blanked_address(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_codes_addresses_consents"),
        ("aftersales", "0003_refund_engine"),
        ("books", "0004_counts_and_transit"),
    ]

    operations = [migrations.RunSQL(BLANKED + GUARD + BLANK, BACK)]
