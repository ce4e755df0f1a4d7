"""A buyer's orders: included at "orders/"."""

from django.urls import path

from storefront.aftersales import buyer_views
from storefront.shop import again_views, order_views

app_name = "orders"

urlpatterns = [
    path("", order_views.own, name="own"),
    path("find/", order_views.find, name="find"),
    path("<slug:number>/", order_views.order, name="order"),
    path("<slug:number>/again/", again_views.again, name="again"),
    path("<slug:number>/cancel/", buyer_views.cancel, name="cancel"),
    path("<slug:number>/address/", buyer_views.address, name="address"),
]
