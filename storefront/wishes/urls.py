"""Favourites and reminders: included at the root."""

from django.urls import path

from storefront.wishes import views

app_name = "wishes"

urlpatterns = [
    path("accounts/favourites/", views.favourites, name="favourites"),
    path("accounts/favourites.json", views.which, name="which"),
    path("accounts/favourites/<slug:code>/", views.favourite, name="favourite"),
    path("accounts/reminders/", views.reminders, name="reminders"),
    path("accounts/reminders/<int:pk>/delete/", views.reminder_delete, name="reminder-delete"),
    path("live/<int:session_id>/remind/", views.remind_live, name="remind-live"),
    path("produce/<slug:code>/remind/", views.remind, name="remind"),
]
