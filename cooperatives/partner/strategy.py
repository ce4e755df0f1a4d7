"""What a pack costs and whether it can be bought, for Oscar: loaded as `partner.strategy`.

The price is the offer price, whoever packs; availability is derived from the stock pools
(DESIGN §5). Oscar's own stock figures are never read.
"""

from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from oscar.apps.partner import prices
from oscar.apps.partner.availability import Base as AvailabilityPolicy
from oscar.apps.partner.availability import Unavailable
from oscar.apps.partner.strategy import Structured, UseFirstStockRecord

from cooperatives.partner.selectors import available_packs


class PoolAvailability(AvailabilityPolicy):
    """So many packs can be had of all eligible pools together."""

    def __init__(self, packs: int) -> None:
        self.num_available = packs
        self.code = "instock" if packs > 0 else "outofstock"
        self.message = _("In stock") if packs > 0 else _("Sold out")

    def is_purchase_permitted(self, quantity: int) -> tuple[bool, str]:
        """Whether so many packs can be had now, and if not, why."""
        if quantity <= self.num_available:
            return True, ""
        if self.num_available <= 0:
            return False, str(_("Sold out"))
        message = ngettext(
            "Only %(count)d pack is left", "Only %(count)d packs are left", self.num_available
        )
        return False, message % {"count": self.num_available}


class PoolStrategy(UseFirstStockRecord, Structured):
    """One strategy lives as long as its request: what it has read of a pool stays read."""

    def __init__(self, request=None) -> None:
        super().__init__(request)
        self._packs: dict[int, int] = {}

    def read_ahead(self, product_ids: list[int]) -> dict[int, int]:
        """Packs that can be bought of each product; those not known yet are read at once."""
        missing = [pk for pk in product_ids if pk not in self._packs]
        if missing:
            found = available_packs(missing)
            self._packs.update({pk: found.get(pk, 0) for pk in missing})
        return {pk: self._packs[pk] for pk in product_ids}

    def fetch_for_line(self, line, stockrecord=None):
        """The purchase information of a basket's line; a basket's lines are read together."""
        self.read_ahead([each.product_id for each in line.basket.all_lines()])
        return self.fetch_for_product(line.product, stockrecord)

    def pricing_policy(self, product, stockrecord):
        """The offer price, no tax upon it."""
        if not stockrecord or product.offer_price is None:
            return prices.Unavailable()
        return prices.FixedPrice(
            currency=settings.OSCAR_DEFAULT_CURRENCY,
            excl_tax=product.offer_price,
            tax=Decimal("0.00"),
        )

    def availability_policy(self, product, stockrecord):
        """What the pools can give."""
        if not stockrecord or not product.is_public:
            return Unavailable()
        return PoolAvailability(self.read_ahead([product.pk])[product.pk])

    def parent_pricing_policy(self, product, children_stock):
        """No parents here: a produce's packs stand alone."""
        return prices.Unavailable()

    def parent_availability_policy(self, product, children_stock):
        """No parents here: a produce's packs stand alone."""
        return Unavailable()


class Selector:
    """Oscar's hook: everybody buys by the same strategy."""

    def strategy(self, request=None, user=None, **kwargs) -> PoolStrategy:
        """The strategy for one request, or for none."""
        return PoolStrategy(request)
