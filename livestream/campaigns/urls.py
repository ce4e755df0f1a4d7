"""The addresses of tracked links. Included at "r/"."""

from django.urls import path

from livestream.campaigns import views

app_name = "campaigns"

urlpatterns = [
    path("<str:code>", views.follow, name="follow"),
    # Chat programmes and people add a slash.
    path("<str:code>/", views.follow),
]
