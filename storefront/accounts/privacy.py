"""The privacy notice: its version, and how long what is kept (settings.RETENTION_DAYS)."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

# Raise it with every change of what the notice says: consents name the version they were given to.
VERSION = "2026-11"


@dataclass(frozen=True)
class Kept:
    """One kind of data: for how long, and what happens then."""

    name: Any
    days: int
    then: Any

    @property
    def period(self) -> str:
        """The time in words: years where it is whole years."""
        if self.days % 365 == 0:
            years = self.days // 365
            return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}
        return ngettext("%(count)d day", "%(count)d days", self.days) % {"count": self.days}


WORDS: dict[str, tuple[Any, Any]] = {
    "codes": (_("One-time codes"), _("deleted")),
    "sessions": (_("Sign-ins that are over"), _("deleted")),
    "baskets": (_("Baskets of guests that were not ordered"), _("deleted")),
    "messages": (
        _("Text and address of messages that we sent"),
        _("blanked; what stays is that and when we wrote"),
    ),
    "contacts": (
        _("Name, phone, e-mail and street of an order that is finished"),
        _("blanked; goods, amounts, dates, province, city and district stay for the books"),
    ),
    "reminders": (_("Reminders that were sent, or waited in vain so long"), _("deleted")),
    "chat": (
        _("What was said in the chat of a live room, with the name given there"),
        _("deleted"),
    ),
    "exports": (_("Exports of other platforms' orders that were not imported"), _("deleted")),
    "payments": (
        _("Name, phone, e-mail and street of a payment that was not finished"),
        _("blanked"),
    ),
}


def retention() -> list[Kept]:
    """The table of the notice; what the nightly task goes by."""
    return [Kept(name, settings.RETENTION_DAYS[key], then) for key, (name, then) in WORDS.items()]
