"""Django's `migrate`, with Wagtail's apps first.

Each migration makes anew every model that hangs together with what it changes, and all models hang
together by the user. Wagtail's many migrations are quick while few others are there: a fresh
database takes a third less time. The order of apps is free where no dependency says it. What
Django asks again and again, and how often it looks for garbage, costs as much once more.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.core.management.commands import migrate
from django.db.migrations.executor import MigrationExecutor


class WagtailFirst(MigrationExecutor):
    """Plans the targets of Wagtail's apps before the others; dependencies come first as ever."""

    def migration_plan(self, targets: Any, clean_start: bool = False) -> Any:
        """Django's plan for the targets in our order."""
        first = sorted(targets, key=lambda target: not target[0].startswith("wagtail"))
        return super().migration_plan(first, clean_start)


class Command(migrate.Command):
    """Takes and gives what Django's does."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        # Django asks no setting for the class: it is looked up in this module.
        vars(migrate)["MigrationExecutor"] = WagtailFirst
        with _swapped_settings_remembered(), _rarer_collections():
            return super().handle(*args, **options)


@contextmanager
def _swapped_settings_remembered() -> Iterator[None]:
    """Which model a setting swaps is asked 80,000 times; no migration changes the answer.

    Django remembers it, too, but forgets with each model that any state of any migration makes.
    """
    ask = apps.get_swappable_settings_name
    vars(apps)["get_swappable_settings_name"] = cache(ask)
    try:
        yield
    finally:
        del vars(apps)["get_swappable_settings_name"]


@contextmanager
def _rarer_collections() -> Iterator[None]:
    """Models in the making are all cycles: looking through them every 2,000 objects is dear.

    So rarely it takes 100 MB more.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 5, 5)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
