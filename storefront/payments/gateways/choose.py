"""Which gateway an attempt is paid by."""

from storefront.payments import gateway
from storefront.payments.gateways import offline
from storefront.payments.gateways.base import Gateway
from storefront.payments.models import GatewayName, PaymentAttempt

# Stripe is the module that everybody calls, so that what stands in for one of its functions
# stands in for it here too.
GATEWAYS: dict[str, Gateway] = {GatewayName.STRIPE: gateway, GatewayName.OFFLINE: offline}


def gateway_of(attempt: PaymentAttempt) -> Gateway:
    """The gateway that an attempt names. Raises KeyError for one that is not there."""
    return GATEWAYS[attempt.gateway]
