"""Addresses of the search; its results are the list's (/produce/?q=)."""

from django.urls import path

from storefront.search import views

app_name = "search"

urlpatterns = [path("suggest/", views.suggest, name="suggest")]
