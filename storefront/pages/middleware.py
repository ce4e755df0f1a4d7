"""The language in an address: ?lang=en."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

PARAMETER = "lang"
YEAR_SECONDS = 365 * 24 * 3600


class LanguageInAddress:
    """`?lang=en` speaks that language for this request, and from then on (the language's cookie).

    Each language of a page so has an address that search engines and links can name; without it a
    page speaks the visitor's language. The parameter is taken out of the request: links built on
    the request's address don't carry it on, and a switch of language is not undone by it. An
    unknown language is left alone. Stands before LocaleMiddleware, which reads the cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = settings.LANGUAGE_COOKIE_NAME
        wanted = self._taken_out(request)
        if not wanted:
            return self.get_response(request)
        had = request.COOKIES.get(name)
        request.COOKIES[name] = wanted
        response = self.get_response(request)
        if had != wanted and name not in response.cookies:
            response.set_cookie(
                name,
                wanted,
                max_age=settings.LANGUAGE_COOKIE_AGE or YEAR_SECONDS,
                path=settings.LANGUAGE_COOKIE_PATH,
                domain=settings.LANGUAGE_COOKIE_DOMAIN,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )
        return response

    def _taken_out(self, request: HttpRequest) -> str:
        """The language that the address asks for, which it then no longer says; else empty."""
        said = request.META.get("QUERY_STRING", "")
        if request.method not in ("GET", "HEAD") or f"{PARAMETER}=" not in said:
            return ""
        query = QueryDict(said, mutable=True, encoding=request.encoding)
        wanted = query.get(PARAMETER, "")
        if wanted not in dict(settings.LANGUAGES):
            return ""
        del query[PARAMETER]
        request.META["QUERY_STRING"] = query.urlencode()
        return wanted
