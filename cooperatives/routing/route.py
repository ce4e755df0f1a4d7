"""Which cooperative packs what: fair share (DESIGN §5, "Routing")."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from django.db import connection

from catalog.clock import now, today
from cooperatives.partner.selectors import PICKING, SELLABLE, WILLING

FAIR_SHARE_DAYS = 30


@dataclass(frozen=True)
class Want:
    """A line to route: packs of a product."""

    product_id: int
    packs: int


@dataclass(frozen=True)
class Part:
    """What one cooperative packs of a line. `line` is the index of its Want."""

    line: int
    product_id: int
    partner_id: int
    partner_code: str
    pool_id: int
    stock_record_id: int
    packs: int
    grams: int
    return_days: int
    ship_within_hours: int


class TooLittle(Exception):
    """Some lines can't be filled. `available` is {line index: packs that are there}."""

    def __init__(self, available: dict[int, int]):
        super().__init__(f"too little stock: {available}")
        self.available = available


@dataclass
class _Candidate:
    product_id: int
    partner_id: int
    partner_code: str
    pool_id: int
    stock_record_id: int
    net_grams: int
    share: Fraction
    return_days: int
    ship_within_hours: int


@dataclass(frozen=True)
class Standing:
    """Who sells some products now, in the order of their turn, and what their pools can give."""

    _sellers: dict[int, list[_Candidate]]
    _grams: dict[int, int]

    def available(self, product_id: int) -> int:
        """Packs that can be sold now, as cooperatives.partner.selectors.available_packs says."""
        return sum(
            self._grams[seller.pool_id] // seller.net_grams for seller in self._sellers[product_id]
        )

    def whole(self, product_id: int, packs: int) -> list[int]:
        """The cooperatives that could pack so many packs alone, in the order of their turn."""
        return [
            seller.partner_id
            for seller in self._sellers[product_id]
            if self._grams[seller.pool_id] >= packs * seller.net_grams
        ]

    def route(self, wants: Sequence[Want]) -> list[Part]:
        """As route() below, of what was read."""
        grams_left = dict(self._grams)
        parts: list[Part] = []
        lacking: dict[int, int] = {}
        for index, want in enumerate(wants):
            sellers = self._sellers[want.product_id]
            whole = next(
                (s for s in sellers if grams_left[s.pool_id] >= want.packs * s.net_grams), None
            )
            missing = want.packs
            for seller in [whole] if whole else sellers:
                packs = min(missing, grams_left[seller.pool_id] // seller.net_grams)
                if packs > 0:
                    parts.append(_part(index, seller, packs))
                    grams_left[seller.pool_id] -= packs * seller.net_grams
                    missing -= packs
            if missing:
                lacking[index] = want.packs - missing
        if lacking:
            raise TooLittle(lacking)
        return parts

    def sold(self, product_id: int) -> bool:
        """Whether any cooperative sells it at its offer price, be there any or not."""
        return bool(self._sellers.get(product_id))

    def take(self, product_id: int, packs: int) -> Part | None:
        """Who packs what is sold already, in one parcel; None where nobody sells it.

        The first in turn that has it, else the first in turn, who will be short. What one sale
        takes, the next does not see.
        """
        sellers = self._sellers.get(product_id)
        if not sellers:
            return None
        able = (s for s in sellers if self._grams[s.pool_id] >= packs * s.net_grams)
        seller = next(able, sellers[0])
        self._grams[seller.pool_id] -= packs * seller.net_grams
        return _part(0, seller, packs)


def standing(product_ids: Iterable[int]) -> Standing:
    """How these products stand now. One query."""
    return Standing(*_candidates(set(product_ids)))


def route(wants: Sequence[Want]) -> list[Part]:
    """Give each line to cooperatives; parts in line order. One query.

    The willing cooperative with the lowest (allocated + packed) ÷ (delivered + promised) over 30
    days goes first, ties by code. The first that can fill a line takes it whole, else they fill
    it in that order. Lines share pools: what one takes, the next does not see. Nothing is held:
    reserve() decides. Raises TooLittle.
    """
    return standing(want.product_id for want in wants).route(wants)


def _part(index: int, seller: _Candidate, packs: int) -> Part:
    return Part(
        line=index,
        product_id=seller.product_id,
        partner_id=seller.partner_id,
        partner_code=seller.partner_code,
        pool_id=seller.pool_id,
        stock_record_id=seller.stock_record_id,
        packs=packs,
        grams=packs * seller.net_grams,
        return_days=seller.return_days,
        ship_within_hours=seller.ship_within_hours,
    )


def _candidates(product_ids: set[int]) -> tuple[dict[int, list[_Candidate]], dict[int, int]]:
    """Willing cooperatives by product, in fair-share order, and the sellable grams by pool."""
    since = now() - timedelta(days=FAIR_SHARE_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT product.id, partner.id, partner.code, pool.id, record.id, product.net_grams,
                   produce.return_days, produce.ship_within_hours,
                   greatest(0, {SELLABLE})::bigint,
                   pool.allocated + (
                       SELECT coalesce(sum(line.packed_grams), 0)
                         FROM routing_consignmentline line
                         JOIN routing_consignment consignment
                           ON consignment.id = line.consignment_id
                        WHERE line.pool_id = pool.id AND consignment.packed_at > %(since)s
                   ),
                   pool.promised + (
                       SELECT coalesce(sum(lot.grams), 0) FROM households_lot lot
                        WHERE lot.pool_id = pool.id AND lot.delivered_on > %(since_day)s
                   )
              FROM catalogue_product product
              JOIN catalogue_produce produce ON produce.id = product.produce_id
              JOIN partner_stockrecord record ON record.product_id = product.id
              JOIN partner_stockpool pool ON pool.id = record.pool_id
              JOIN partner_partner partner ON partner.id = pool.partner_id
              {PICKING}
             WHERE product.id = ANY(%(ids)s) AND {WILLING}
            """,  # noqa: S608  the parts are constants of cooperatives.partner.selectors
            {
                "ids": list(product_ids),
                "now": now(),
                "today": today(),
                "since": since,
                "since_day": today() - timedelta(days=FAIR_SHARE_DAYS),
            },
        )
        rows = cursor.fetchall()
    sellers: dict[int, list[_Candidate]] = defaultdict(list)
    grams: dict[int, int] = {}
    for (
        product_id,
        partner_id,
        code,
        pool_id,
        record_id,
        net_grams,
        return_days,
        hours,
        sellable,
        taken,
        given,
    ) in rows:
        # A pool that was given nothing has nothing to sell either; its place does not matter.
        share = Fraction(int(taken), max(1, int(given)))
        grams[pool_id] = sellable
        sellers[product_id].append(
            _Candidate(
                product_id,
                partner_id,
                code,
                pool_id,
                record_id,
                net_grams,
                share,
                return_days,
                hours,
            )
        )
    for product_sellers in sellers.values():
        product_sellers.sort(key=lambda seller: (seller.share, seller.partner_code))
    return sellers, grams
