-- After a restore from pg_dump into another cluster; run as the tables' owner (docs/operations.md).
-- The stored transaction numbers are the old cluster's. 0 is never a transaction's number, so that
-- no ledger transaction can ever be added to.
BEGIN;
ALTER TABLE ledger_transaction DISABLE TRIGGER ledger_transaction_append_only;
UPDATE ledger_transaction SET xact = '0';
ALTER TABLE ledger_transaction ENABLE TRIGGER ledger_transaction_append_only;
-- What processes follow; they read everything anew when they start.
DELETE FROM listing_change;
DELETE FROM page_change;
COMMIT;
