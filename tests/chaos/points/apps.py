"""The points, in the processes that may die at them."""

import os

from django.apps import AppConfig


class PointsConfig(AppConfig):
    name = "tests.chaos.points"
    label = "chaos_points"

    def ready(self) -> None:
        from tests.chaos import points

        if os.environ.get("CHAOS_MAY_DIE"):
            points.arm()
