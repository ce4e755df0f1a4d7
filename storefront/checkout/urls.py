"""The way from the basket to the order: included at "checkout/"."""

from django.urls import path

from storefront.checkout import payment_views, views

app_name = "checkout"

urlpatterns = [
    path("", views.delivery, name="start"),
    path("review/", views.review, name="review"),
    path("pay/<uuid:uuid>/", payment_views.pay, name="pay"),
    path("return/<uuid:uuid>/", payment_views.come_back, name="return"),
    path("renew/<uuid:uuid>/", payment_views.renewal, name="renew"),
    path("give-up/<uuid:uuid>/", payment_views.give_up, name="give-up"),
    path("done/<slug:number>/", payment_views.done, name="done"),
]
