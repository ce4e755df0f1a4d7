"""What media servers call: /live/ingest/."""

from django.urls import path

from livestream.video import views

app_name = "video"

urlpatterns = [
    path("nginx/", views.nginx, name="nginx"),
    path("srs/", views.srs, name="srs"),
    path("mediamtx/", views.mediamtx, name="mediamtx"),
]
