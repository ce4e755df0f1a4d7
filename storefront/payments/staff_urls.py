"""Finance's pages, under Wagtail's admin."""

from django.urls import path

from storefront.payments import staff_views

app_name = "finance"

urlpatterns = [
    path("payments/", staff_views.payments, name="payments"),
    path("payments/confirm/<str:intent_id>/", staff_views.confirm, name="confirm"),
    path("payments/gaps/", staff_views.gaps, name="gaps"),
    path("payments/gaps/<int:pk>/", staff_views.gap, name="gap"),
    path("payments/gaps/<int:pk>/resolve/", staff_views.resolve, name="resolve"),
    path("payments/gaps/<int:pk>/explain/", staff_views.explain, name="explain"),
]
