"""The staff's pages about messages, under Wagtail's admin: included at "messages/"."""

from django.urls import path

from storefront.notifications import staff_views

app_name = "staff-messages"

urlpatterns = [
    path("", staff_views.messages_list, name="list"),
    path("<int:pk>/", staff_views.message, name="message"),
    path("<int:pk>/resend/", staff_views.resend, name="resend"),
    path("wording/", staff_views.wordings, name="wordings"),
    path("wording/<slug:kind>/<slug:channel>/", staff_views.edit, name="wording"),
    path("wording/<slug:kind>/<slug:channel>/preview/", staff_views.preview, name="preview"),
]
