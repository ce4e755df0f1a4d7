"""A session's video, under Wagtail's admin."""

from django.urls import path

from livestream.video import staff_views

app_name = "live-video"

urlpatterns = [
    path("<int:session_id>/video/", staff_views.video, name="video"),
]
