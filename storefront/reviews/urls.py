"""Reviews: included at the root."""

from django.urls import path

from storefront.reviews import views

app_name = "shop-reviews"

urlpatterns = [
    path("orders/<slug:number>/lines/<int:line_id>/review/", views.write, name="write"),
    path(
        "orders/<slug:number>/review-pictures/<int:picture_id>/",
        views.own_picture,
        name="own-picture",
    ),
    path("produce/<slug:code>/reviews/", views.of_produce, name="of-produce"),
    path(
        "reviews/pictures/<slug:key>/<int:width>.<slug:image_format>",
        views.picture,
        name="picture",
    ),
]
