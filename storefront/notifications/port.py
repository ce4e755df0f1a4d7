"""How the inner packages reach the buyer: storefront's side of `cooperatives.ports.Messages`."""

from cooperatives.routing.models import Consignment
from storefront.notifications.models import Message
from storefront.notifications.rendering import chat_text
from storefront.notifications.services import queue

State = Consignment.State
# The buyer sees on the order's page that it is packed; a mail would be one too many.
KINDS = {State.SHIPPED: Message.Kind.SHIPPED, State.DELIVERED: Message.Kind.DELIVERED}


class BuyerMessages:
    """Messages to the buyer of a consignment."""

    def consignment_changed(self, consignment_id: int, state: str) -> None:
        """Queue the message of this state, if it has one: again only for another waybill."""
        kind = KINDS.get(State(state))
        if kind is None:
            return
        consignment = Consignment.objects.select_related("order__user").get(pk=consignment_id)
        reference = f"consignment:{consignment_id}:{consignment.waybill}"[:80]
        queue(kind, reference, consignment.order, {"consignment": consignment_id})

    def chat_text(self, consignment_id: int, state: str) -> str:
        """The text of this state for the buyer's chat, in the order's language, without a link."""
        kind = KINDS.get(State(state))
        if kind is None:
            return ""
        consignment = Consignment.objects.select_related("order").get(pk=consignment_id)
        return chat_text(kind, consignment.order, {"consignment": consignment_id})
