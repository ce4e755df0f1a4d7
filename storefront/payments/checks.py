"""What must be set before real money is taken: `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

SANDBOX_SECRETS = ("whsec_sandbox", "whsec_suite")


def _takes_real_money() -> bool:
    """Whether the key is one of Stripe's own live keys, or goes to Stripe's own address."""
    live = settings.STRIPE_API_KEY.startswith(("sk_live_", "rk_live_"))
    return live or (
        bool(settings.STRIPE_API_KEY) and settings.STRIPE_API_BASE.startswith("https://api.stripe")
    )


@register(Tags.security, deploy=True)
def webhook_secret(app_configs: Any, **options: Any) -> list[Error]:
    """Without the secret no event can be told from a forged one: every webhook is refused."""
    secret = settings.STRIPE_WEBHOOK_SECRET
    if not _takes_real_money() or (secret and secret not in SANDBOX_SECRETS):
        return []
    return [
        Error(
            "STRIPE_WEBHOOK_SECRET is not set, and STRIPE_API_KEY is a key of Stripe's.",
            hint="Copy the endpoint's signing secret from Stripe's dashboard; docs/payments.md.",
            id="payments.E001",
        )
    ]
