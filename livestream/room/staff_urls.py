"""The control desk, under Wagtail's admin."""

from django.urls import path

from livestream.room import desk_views

app_name = "desk"

urlpatterns = [
    path("<int:session_id>/desk/", desk_views.desk, name="desk"),
    path("<int:session_id>/desk/do/", desk_views.act, name="act"),
]
