#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL or REDIS_URL they reach the embedded parts in var/."""

import os
import sys

# These change or compare the tables: they run as the role that owns them.
AS_OWNER = {"migrate", "grant_roles", "sqlmigrate", "showmigrations", "makemigrations"}
AS_OWNER |= {"squashmigrations", "optimizemigration"}


def main() -> None:
    """Run one command with the environment that it needs."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    role = "owner" if command in AS_OWNER else "app"
    os.environ.setdefault("SHANHUO_DB_ROLE", role)
    try:
        from deploy.embedded.desk import prepare_manage
        from deploy.embedded.places import PartError
    except ModuleNotFoundError:
        # A production image has no embedded parts: everything is in its environment.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.production")
    else:
        try:
            prepare_manage(command, owner=os.environ["SHANHUO_DB_ROLE"] == "owner")
        except PartError as error:
            sys.exit(str(error))

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
