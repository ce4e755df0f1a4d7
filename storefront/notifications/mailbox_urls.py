"""The mailbox of one desk: included at "dev/mailbox/". Elsewhere these are not found."""

from django.urls import path

from storefront.notifications import mailbox_views

app_name = "mailbox"

urlpatterns = [
    path("", mailbox_views.latest, name="latest"),
    path("<slug:name>/", mailbox_views.one, name="one"),
    path("<slug:name>/html/", mailbox_views.html, name="html"),
]
