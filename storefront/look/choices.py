"""What a visitor chose for their eyes. It lies in cookies, so that a page is right at once.

A page for everybody depends on these and on the language, on nothing else of a visitor's: a cache
of whole pages takes `of(request)` into its key.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

THEMES = {"auto": _("Automatic"), "light": _("Light"), "dark": _("Dark")}
FONTS = {"normal": _("Normal text"), "large": _("Large text")}
# The order in which one button goes through the themes.
AFTER = {"auto": "dark", "dark": "light", "light": "auto"}
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Look:
    """A theme of THEMES and a size of FONTS."""

    theme: str = "auto"
    font: str = "normal"

    @property
    def key(self) -> str:
        """What tells this look from others, for a cache's key."""
        return f"{self.theme}-{self.font}"

    @property
    def theme_name(self) -> str:
        return str(THEMES[self.theme])

    @property
    def next_theme(self) -> str:
        return AFTER[self.theme]

    @property
    def next_theme_name(self) -> str:
        return str(THEMES[self.next_theme])

    @property
    def is_large(self) -> bool:
        return self.font == "large"


def of(request: HttpRequest) -> Look:
    """The look that the request's cookies ask for; what they say wrongly is as if unsaid."""
    theme, font = request.COOKIES.get("theme", ""), request.COOKIES.get("font", "")
    return Look(theme if theme in THEMES else "auto", font if font in FONTS else "normal")


def remember(response: HttpResponse, name: str, value: str, *, secure: bool) -> None:
    """Keep a choice for a year. The usual one needs no cookie."""
    if value in ("auto", "normal"):
        response.delete_cookie(name, samesite="Lax")
    else:
        response.set_cookie(name, value, max_age=YEAR, secure=secure, httponly=True, samesite="Lax")
