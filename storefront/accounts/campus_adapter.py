"""allauth's OpenID Connect with one campus, set in the environment; pages and accounts are ours."""

import secrets
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from storefront.accounts import campus


class CampusOAuth2(OpenIDConnectOAuth2Adapter):
    """Its one difference: the address that the campus sends people back to."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Below SITE_URL, as the campus has it on its list."""
        return settings.SITE_URL + reverse("accounts:campus-return")


class Campus(OpenIDConnectProvider):
    """With PKCE and a nonce."""

    oauth2_adapter_class = CampusOAuth2
    pkce_enabled_default = True

    def begin(self, request: HttpRequest, process: str, then: str) -> Any:
        """The way to the campus. `process`: "login" or "connect"."""
        nonce = secrets.token_urlsafe(24)
        owner = request.user.pk if process == "connect" else None
        return self.redirect(
            request, process, then, {"nonce": nonce, "owner": owner}, auth_params={"nonce": nonce}
        )

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Nothing of what the campus told is kept with the account."""
        return {}

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> Any:
        """allauth's, with what the campus told."""
        login = super().sociallogin_from_response(request, response)
        login.told = response
        return login


class CampusSignIn(DefaultSocialAccountAdapter):
    """allauth's hooks: one campus by the settings, and our pages for every end of the way."""

    def list_apps(
        self, request: HttpRequest, provider: Any = None, client_id: Any = None
    ) -> list[SocialApp]:
        """The campus of the settings; never a row of the database."""
        if not campus.name():
            return []
        app = SocialApp(
            provider=Campus.id,
            provider_id=settings.CAMPUS_OIDC_ISSUER,
            name=campus.name(),
            client_id=settings.CAMPUS_OIDC_CLIENT_ID,
            secret=settings.CAMPUS_OIDC_SECRET,
            settings={"server_url": settings.CAMPUS_OIDC_ISSUER.rstrip("/")},
        )
        return [app]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Campus:
        """Ours, whatever it is called."""
        return Campus(request, app=self.get_app(request, provider))

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """The campus said who it is: everything further is ours."""
        from storefront.accounts.campus_views import arrived

        raise ImmediateHttpResponse(arrived(request, sociallogin.told, sociallogin.state))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        """Something went wrong on the way: a page that says so."""
        from storefront.accounts.campus_views import failed

        raise ImmediateHttpResponse(failed(request, error, exception))
