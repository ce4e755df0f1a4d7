"""Codes in the basket: included at "basket/codes/"."""

from django.urls import path

from storefront.discounts import views

app_name = "discounts"

urlpatterns = [
    path("", views.add, name="add"),
    path("remove/", views.remove, name="remove"),
]
