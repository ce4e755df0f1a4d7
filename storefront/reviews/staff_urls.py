"""The staff's pages of reviews, under Wagtail's admin at "reviews/"."""

from django.urls import path

from storefront.reviews import staff_views

app_name = "staff-reviews"

urlpatterns = [
    path("", staff_views.reviews, name="list"),
    path("<int:review_id>/", staff_views.review, name="review"),
    path("pictures/<int:picture_id>/", staff_views.picture, name="picture"),
]
