from django.db import migrations

# A temporary table goes before all others of its name, and the application's role may make one:
# a balanced `ledger_posting` of its own hid legs that do not balance. The functions of 0003 look
# for their tables in `public` first.
FUNCTIONS = (
    "shanhuo_leg_with_its_transaction()",
    "shanhuo_fresh_transaction()",
    "shanhuo_check_balance(bigint)",
    "shanhuo_posting_balances()",
    "shanhuo_transaction_balances()",
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_rules_in_the_database")]

    operations = [
        migrations.RunSQL(
            [f"ALTER FUNCTION {name} SET search_path = pg_catalog, public, pg_temp"],
            [f"ALTER FUNCTION {name} RESET search_path"],
        )
        for name in FUNCTIONS
    ]
