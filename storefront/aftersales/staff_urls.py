"""The staff's pages, under Wagtail's admin."""

from django.urls import path

from storefront.aftersales import staff_views

app_name = "staff"

urlpatterns = [
    path("orders/", staff_views.orders, name="orders"),
    path("orders/<slug:number>/", staff_views.order, name="order"),
    path("orders/<slug:number>/refund/", staff_views.refund, name="refund"),
    path("orders/<slug:number>/lines/<int:line_id>/", staff_views.attribution, name="attribution"),
    path("refunds/", staff_views.refunds, name="refunds"),
    path("refunds/<uuid:uuid>/", staff_views.refund_by_hand, name="refund-by-hand"),
    path("sharing-out/", staff_views.sharing_out, name="sharing-out"),
]
