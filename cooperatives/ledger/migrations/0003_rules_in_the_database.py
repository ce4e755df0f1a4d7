from django.db import migrations

from catalog.append_only import AppendOnly

# DESIGN §6. A leg belongs to the database transaction that wrote its ledger transaction, so
# nothing can be added to one that was committed. The balance is checked once per leg, deferred:
# checking only the transaction's row would miss legs added after SET CONSTRAINTS … IMMEDIATE.
RULES = """
ALTER TABLE ledger_transaction ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION shanhuo_leg_with_its_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_transaction
                   WHERE id = NEW.transaction_id AND xact = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'ledger transaction % is closed: nothing is added to it',
            NEW.transaction_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_posting_with_its_transaction BEFORE INSERT ON ledger_posting
    FOR EACH ROW EXECUTE FUNCTION shanhuo_leg_with_its_transaction();

CREATE FUNCTION shanhuo_fresh_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xact := pg_current_xact_id();
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_transaction_fresh BEFORE INSERT ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION shanhuo_fresh_transaction();

CREATE FUNCTION shanhuo_check_balance(ledger_transaction_id bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    legs integer;
    total numeric;
    cooperatives integer;
    cooperative bigint;
    named bigint;
BEGIN
    SELECT count(*), coalesce(sum(p.amount_fen), 0), count(DISTINCT a.partner_id),
           min(a.partner_id)
      INTO legs, total, cooperatives, cooperative
      FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
     WHERE p.transaction_id = ledger_transaction_id;
    SELECT partner_id INTO named FROM ledger_transaction WHERE id = ledger_transaction_id;
    IF legs < 2 THEN
        RAISE EXCEPTION 'ledger transaction % has % leg(s), at least 2 are needed',
            ledger_transaction_id, legs USING ERRCODE = 'check_violation';
    END IF;
    IF total <> 0 THEN
        RAISE EXCEPTION 'ledger transaction % does not balance: its legs sum to % fen',
            ledger_transaction_id, total USING ERRCODE = 'check_violation';
    END IF;
    IF cooperatives > 1 OR cooperative <> named OR (cooperatives = 1 AND named IS NULL) THEN
        RAISE EXCEPTION 'ledger transaction % concerns more than its one cooperative',
            ledger_transaction_id USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION shanhuo_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM shanhuo_check_balance(NEW.transaction_id);
    RETURN NULL;
END $$;

CREATE FUNCTION shanhuo_transaction_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM shanhuo_check_balance(NEW.id);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_posting_balances AFTER INSERT ON ledger_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shanhuo_posting_balances();
CREATE CONSTRAINT TRIGGER ledger_transaction_balances AFTER INSERT ON ledger_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shanhuo_transaction_balances();
"""

UNDO = """
DROP TRIGGER ledger_transaction_balances ON ledger_transaction;
DROP TRIGGER ledger_posting_balances ON ledger_posting;
DROP TRIGGER ledger_transaction_fresh ON ledger_transaction;
DROP TRIGGER ledger_posting_with_its_transaction ON ledger_posting;
DROP FUNCTION shanhuo_transaction_balances, shanhuo_posting_balances,
    shanhuo_check_balance, shanhuo_fresh_transaction, shanhuo_leg_with_its_transaction;
ALTER TABLE ledger_transaction DROP COLUMN xact;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_initial")]

    operations = [
        migrations.RunSQL(RULES, UNDO),
        AppendOnly("ledger_account"),
        AppendOnly("ledger_transaction"),
        AppendOnly("ledger_posting"),
    ]
