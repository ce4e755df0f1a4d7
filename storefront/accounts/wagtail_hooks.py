"""What Wagtail's log of what staff did says about accounts."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry

from storefront.accounts.second_factor import RESET


@hooks.register("register_log_actions")
def register_reset(actions: LogActionRegistry) -> None:
    """A colleague's lost second factor was taken away."""
    actions.register_action(RESET, _("Reset second step"), _("Second step of signing in reset"))
