"""`manage.py migrate`: our order of the apps."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from storefront.management.commands.migrate import WagtailFirst


@pytest.mark.django_db
def test_wagtails_migrations_come_first_and_none_is_left_out():
    plain = MigrationExecutor(connection)
    targets = plain.loader.graph.leaf_nodes()
    django = [step.app_label for step, _ in plain.migration_plan(targets, clean_start=True)]

    ours = [
        (step.app_label, step.name)
        for step, _ in WagtailFirst(connection).migration_plan(targets, clean_start=True)
    ]

    apps = [app for app, _ in ours]
    assert sorted(apps) == sorted(django)
    assert len(set(ours)) == len(ours)
    last_of_wagtail = max(i for i, app in enumerate(apps) if app.startswith("wagtail"))
    # What they stand on comes before them, the shop after.
    assert last_of_wagtail < apps.index("catalogue") < apps.index("order")
    assert max(i for i, app in enumerate(django) if app.startswith("wagtail")) > django.index(
        "catalogue"
    )
