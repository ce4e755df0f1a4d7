"""The shop's pages: included at the root."""

from django.urls import path

from storefront.shop import views

app_name = "shop"

urlpatterns = [
    path("produce/", views.produce_list, name="produce-list"),
    path("produce/<slug:code>/", views.produce_detail, name="produce"),
    path("basket/", views.basket, name="basket"),
    path("basket/add/", views.add, name="basket-add"),
    path("basket/lines/<int:line_id>/", views.change_line, name="basket-line"),
]
