"""Choosing the look: included at "look/"."""

from django.urls import path

from storefront.look import views

app_name = "look"

urlpatterns = [
    path("", views.choose, name="choose"),
]
