"""The staff's pages about imports, under Wagtail's admin."""

from django.urls import path

from livestream.platforms import settling_views, staff_views

app_name = "imports"

urlpatterns = [
    path("", staff_views.imports, name="list"),
    path("new/", staff_views.give, name="new"),
    path("settled/", settling_views.settled, name="settled"),
    path("<int:import_id>/", staff_views.one, name="import"),
    path("<int:import_id>/begin/", staff_views.begin, name="begin"),
    path("<int:import_id>/refused.csv", staff_views.refused, name="refused"),
]
