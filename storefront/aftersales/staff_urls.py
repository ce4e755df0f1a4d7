"""The staff's pages, under Wagtail's admin."""

from django.urls import path

from storefront.aftersales import staff_views

app_name = "staff"

urlpatterns = [
    path("orders/", staff_views.orders, name="orders"),
    path("orders/<slug:number>/", staff_views.order, name="order"),
    path("orders/<slug:number>/refund/", staff_views.refund, name="refund"),
    path("orders/<slug:number>/lines/<int:line_id>/", staff_views.attribution, name="attribution"),
    path("sharing-out/", staff_views.sharing_out, name="sharing-out"),
]
