"""What a buyer can buy now, derived from the pools (DESIGN §5)."""

from collections.abc import Iterable

from django.db import connection

from catalog.clock import now, today

# Grams of a pool that can be sold now: what no hold or sale claims, as far as a lot covers it or
# a picking day within the produce's ship-within is still open. `backlog` is what must be picked
# already and has no day.
SELLABLE = """
    least(
        pool.on_hand + pool.promised - pool.reserved - pool.allocated,
        greatest(0, pool.on_hand - pool.reserved - pool.allocated)
        + greatest(0, coalesce(picking.open_grams, 0) - greatest(0,
            greatest(0, pool.reserved + pool.allocated - pool.on_hand)
            - coalesce(picking.taken, 0)))
    )
"""
PICKING = """
    LEFT JOIN LATERAL (
        SELECT sum(day.taken) AS taken,
               sum(day.capacity - day.taken) FILTER (
                   WHERE day.day <= ((%(now)s + make_interval(hours => produce.ship_within_hours))
                                     AT TIME ZONE 'Asia/Shanghai')::date) AS open_grams
          FROM partner_pickingday day
         WHERE day.pool_id = pool.id AND day.day >= %(today)s
    ) picking ON true
"""
# A cooperative sells at the offer if it asks no more, or agreed to it. What was withdrawn from
# the shop is sold by nobody, though it may still lie in baskets.
WILLING = (
    "product.is_public"
    " AND (record.price <= product.offer_price OR record.agreed_price <= product.offer_price)"
)


def available_packs(product_ids: Iterable[int]) -> dict[int, int]:
    """How many packs of each product can be sold now: {product id: packs}. One query.

    The sum over willing cooperatives of ⌊grams ÷ net grams⌋; packs of one produce share their
    pools, so the figures of two packs are not to be added.
    """
    ids = list(product_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT product.id, sum(floor(greatest(0, {SELLABLE}) / product.net_grams))::bigint
              FROM catalogue_product product
              JOIN catalogue_produce produce ON produce.id = product.produce_id
              JOIN partner_stockrecord record ON record.product_id = product.id
              JOIN partner_stockpool pool ON pool.id = record.pool_id
              {PICKING}
             WHERE product.id = ANY(%(ids)s) AND {WILLING}
             GROUP BY product.id
            """,  # noqa: S608  the parts are constants above
            {"ids": ids, "now": now(), "today": today()},
        )
        found = dict(cursor.fetchall())
    return {product_id: found.get(product_id, 0) for product_id in ids}


def least_accepted(product_ids: Iterable[int]) -> dict[int, int]:
    """The lowest price, in fen, that every cooperative selling a product accepts. One query.

    {product id: fen}; a product that nobody sells is left out. A cooperative accepts its own
    price and what it agreed to (DESIGN §5).
    """
    ids = list(product_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT product.id, max(least(record.price, record.agreed_price) * 100)::bigint
              FROM catalogue_product product
              JOIN partner_stockrecord record ON record.product_id = product.id
             WHERE product.id = ANY(%(ids)s) AND {WILLING}
             GROUP BY product.id
            """,  # noqa: S608  a constant above
            {"ids": ids},
        )
        return dict(cursor.fetchall())
