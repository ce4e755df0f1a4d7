"""A buyer's orders: included at "orders/"."""

from django.urls import path

from storefront.shop import order_views

app_name = "orders"

urlpatterns = [
    path("", order_views.own, name="own"),
    path("find/", order_views.find, name="find"),
    path("<slug:number>/", order_views.order, name="order"),
]
