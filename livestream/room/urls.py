"""The rooms of live sessions: /live/, /live/<id>/."""

from django.urls import path

from livestream.room import views

app_name = "room"

urlpatterns = [
    path("", views.rooms, name="rooms"),
    path("<int:session_id>/", views.room, name="room"),
    path("<int:session_id>/now.json", views.now_json, name="now"),
    path("<int:session_id>/say/", views.say, name="say"),
    path("<int:session_id>/like/", views.like, name="like"),
]
