"""The shop's pages: included at the root."""

from django.urls import path

from storefront.listing.views import produce_list
from storefront.shop import produce_views, room_views, views

app_name = "shop"

urlpatterns = [
    path("produce/", produce_list, name="produce-list"),
    path("produce/<slug:code>/", produce_views.produce_detail, name="produce"),
    path("produce/<slug:code>/delivery/", produce_views.delivery, name="produce-delivery"),
    path("basket/", views.basket, name="basket"),
    path("basket/add/", views.add, name="basket-add"),
    path("live/<int:session_id>/items/<int:item_id>/buy/", room_views.buy, name="room-buy"),
    path("live/<int:session_id>/coupon/", room_views.claim, name="room-coupon"),
    path("basket/lines/<int:line_id>/", views.change_line, name="basket-line"),
]
