"""The addresses of share cards and QR codes: included at the root."""

from django.urls import path

from storefront.pictures import views

app_name = "pictures"

urlpatterns = [
    path("produce/<slug:code>/share.png", views.share, name="share"),
    path("produce/<slug:code>/og.png", views.produce_og, name="og"),
    path("produce/<slug:code>/qr.svg", views.qr, name="qr"),
    path("og/<int:pk>.png", views.page_og, name="page-og"),
]
