"""What a buyer gets told, and how: included at "messages/"."""

from django.urls import path

from storefront.notifications import views

app_name = "messages"

urlpatterns = [
    path("", views.own, name="own"),
    path("<str:key>/", views.choose, name="choose"),
]
