"""Accounts: included at "accounts/"."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from storefront.accounts import views

app_name = "accounts"

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("sign-up/", views.sign_up, name="sign-up"),
    path("after-login/", views.after_login, name="after-login"),
]
