"""The staff's pages about discounts, under Wagtail's admin."""

from django.urls import path

from storefront.discounts import staff_views

app_name = "discounts_staff"

urlpatterns = [
    path("", staff_views.offers, name="offers"),
    path("new/", staff_views.edit_offer, name="new-offer"),
    path("<int:terms_id>/", staff_views.offer, name="offer"),
    path("<int:terms_id>/edit/", staff_views.edit_offer, name="edit-offer"),
    path("<int:terms_id>/pause/", staff_views.pause_offer, name="pause-offer"),
    path("gifts/", staff_views.all_gifts, name="gifts"),
    path("gifts/new/", staff_views.issue_gift, name="new-gift"),
    path("gifts/<int:gift_id>/", staff_views.gift, name="gift"),
    path("hosts/", staff_views.hosts, name="hosts"),
    path("hosts/new/", staff_views.new_host, name="new-host"),
]
