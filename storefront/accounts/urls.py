"""Accounts: included at "accounts/"."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from storefront.accounts import (
    address_views,
    campus_views,
    code_views,
    me_views,
    privacy_views,
    second_step_views,
    views,
)

app_name = "accounts"

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("sign-up/", code_views.ask, {"is_new": True}, name="sign-up"),
    path("code/", code_views.ask, name="code"),
    path("code/enter/", code_views.enter, name="code-enter"),
    path("code/new/", code_views.new, name="code-new"),
    path("second-step/", second_step_views.enter, name="second-step"),
    path("campus/", campus_views.go, name="campus-go"),
    path("campus/return/", campus_views.back, name="campus-return"),
    path("campus/new/", campus_views.new, name="campus-new"),
    path("after-login/", views.after_login, name="after-login"),
    path("privacy/", privacy_views.notice, name="privacy"),
    path("divisions/", address_views.divisions, name="divisions"),
    path("me/", me_views.overview, name="me"),
    path("me/profile/", me_views.profile, name="profile"),
    path("me/password/", me_views.password, name="password"),
    path("me/contact/", me_views.contact, name="contact"),
    path("me/contact/enter/", me_views.contact_enter, name="contact-enter"),
    path("me/second-step/", second_step_views.own, name="second-step-own"),
    path("me/second-step/set-up/", second_step_views.set_up, name="second-step-set-up"),
    path("me/second-step/codes/", second_step_views.codes, name="second-step-codes"),
    path("me/second-step/codes/file/", second_step_views.codes_file, name="second-step-file"),
    path("me/campus/", campus_views.own, name="campus"),
    path("me/campus/connect/", campus_views.connect, name="campus-connect"),
    path("me/campus/disconnect/", campus_views.disconnect, name="campus-disconnect"),
    path("me/sign-out/", me_views.sign_out_everywhere, name="sign-out-everywhere"),
    path("me/addresses/", address_views.book, name="addresses"),
    path("me/addresses/new/", address_views.edit, name="address-new"),
    path("me/addresses/<int:pk>/", address_views.edit, name="address"),
    path("me/addresses/<int:pk>/default/", address_views.make_default, name="address-default"),
    path("me/addresses/<int:pk>/delete/", address_views.delete, name="address-delete"),
    path("me/data/", privacy_views.own, name="data"),
    path("me/data/download/", privacy_views.download, name="download"),
    path("me/data/delete/", privacy_views.delete, name="delete"),
]
