"""Stock: each pool's figures are its journal, its lots and promises, its holds and its lines."""

from storefront.books.base import OPEN_GRAMS, Check
from storefront.books.promises import PROMISES_CHECK

FIGURES = f"""
    SELECT 'stock pool ' || pool.id,
           f.figure || ' is ' || f.written || ', its journal says ' || f.journal
           || ', ' || f.source || ' say ' || f.rows, NULL::timestamptz
      FROM partner_stockpool pool
      LEFT JOIN (SELECT pool_id, sum(on_hand) AS on_hand, sum(promised) AS promised,
                        sum(reserved) AS reserved, sum(allocated) AS allocated
                   FROM partner_stockmove GROUP BY pool_id) journal ON journal.pool_id = pool.id
      LEFT JOIN (SELECT pool_id, sum(grams - drawn_grams - written_off_grams) AS grams
                   FROM households_lot GROUP BY pool_id) lots ON lots.pool_id = pool.id
      LEFT JOIN (SELECT pool_id, sum(counted_grams) AS grams
                   FROM households_promise GROUP BY pool_id) promises ON promises.pool_id = pool.id
      LEFT JOIN (SELECT held.pool_id, sum(held.grams - held.lost_grams) AS grams
                   FROM partner_reservationline held
                   JOIN partner_reservation r ON r.id = held.reservation_id AND r.state = 'held'
                  GROUP BY held.pool_id) holds ON holds.pool_id = pool.id
      LEFT JOIN (SELECT line.pool_id, sum({OPEN_GRAMS} - line.short_grams) AS grams
                   FROM routing_consignmentline line GROUP BY line.pool_id
                ) lines ON lines.pool_id = pool.id
     CROSS JOIN LATERAL (VALUES
            ('on_hand', pool.on_hand, coalesce(journal.on_hand, 0), 'lots',
             coalesce(lots.grams, 0)),
            ('promised', pool.promised, coalesce(journal.promised, 0), 'promises',
             coalesce(promises.grams, 0)),
            ('reserved', pool.reserved, coalesce(journal.reserved, 0), 'reservations',
             coalesce(holds.grams, 0)),
            ('allocated', pool.allocated, coalesce(journal.allocated, 0), 'consignment lines',
             coalesce(lines.grams, 0))
         ) AS f(figure, written, journal, source, rows)
     WHERE f.written <> f.journal OR f.written <> f.rows
"""  # noqa: S608
WITHIN = """
    SELECT 'stock pool ' || id, 'more is held and sold than there is, or a figure is negative',
           NULL::timestamptz
      FROM partner_stockpool
     WHERE least(on_hand, promised, reserved, allocated) < 0
        OR reserved + allocated > on_hand + promised
"""
# A figure may be trusted until next_change_at: no lot expires and no promise shrinks before.
CLOCK = """
    SELECT 'stock pool ' || pool.id, 'next_change_at is later than its next change',
           NULL::timestamptz
      FROM partner_stockpool pool
     WHERE pool.next_change_at > (SELECT min(lot.expires_at) FROM households_lot lot
                                   WHERE lot.pool_id = pool.id
                                     AND lot.grams > lot.drawn_grams + lot.written_off_grams)
        OR (pool.next_change_at > (%(today)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
            AND EXISTS (SELECT 1 FROM households_promise p
                         WHERE p.pool_id = pool.id AND p.counted_grams > 0))
        OR pool.next_change_at > %(now)s + interval '366 days'
"""
OWNERS = """
    SELECT 'stock pool ' || pool.id, 'is of another cooperative or produce than ' || other.name,
           NULL::timestamptz
      FROM partner_stockpool pool
      JOIN (SELECT lot.pool_id, 'lot ' || lot.code AS name, h.partner_id, NULL::bigint AS produce_id
              FROM households_lot lot JOIN households_household h ON h.id = lot.household_id
            UNION ALL
            SELECT p.pool_id, 'promise ' || p.id, h.partner_id, NULL
              FROM households_promise p JOIN households_household h ON h.id = p.household_id
            UNION ALL
            SELECT s.pool_id, 'stock record ' || s.id, s.partner_id, product.produce_id
              FROM partner_stockrecord s JOIN catalogue_product product ON product.id = s.product_id
            UNION ALL
            SELECT line.pool_id, 'consignment line ' || line.id, c.partner_id, product.produce_id
              FROM routing_consignmentline line
              JOIN routing_consignment c ON c.id = line.consignment_id
              JOIN catalogue_product product ON product.id = line.product_id
           ) other ON other.pool_id = pool.id
     WHERE other.partner_id <> pool.partner_id OR other.produce_id <> pool.produce_id
"""

# Picking: what a day can give is what the open promises say; what is to be picked is laid on days.
# A pool that time has passed over is replanned when it is next touched.
FRESH_POOLS = """
    SELECT id, greatest(0, reserved + allocated - on_hand) AS to_pick
      FROM partner_stockpool WHERE next_change_at > %(now)s
"""
CAPACITY = f"""
    SELECT 'picking day ' || coalesce(d.day, p.day) || ' of stock pool '
           || coalesce(d.pool_id, p.pool_id),
           'its capacity is ' || coalesce(d.capacity, 0) || ', its promises allow '
           || coalesce(p.grams, 0), NULL::timestamptz
      FROM (SELECT day.* FROM partner_pickingday day JOIN ({FRESH_POOLS}) fresh
                ON fresh.id = day.pool_id WHERE day.day >= %(today)s) d
      FULL JOIN (
            SELECT promise.pool_id, open.day::date AS day,
                   sum(least(promise.grams_per_day, promise.grams - promise.delivered_grams))
                       AS grams
              FROM households_promise promise JOIN ({FRESH_POOLS}) fresh
                ON fresh.id = promise.pool_id
             CROSS JOIN LATERAL generate_series(
                   greatest(promise.from_day, %(today)s::date)::timestamp,
                   promise.to_day::timestamp, interval '1 day') AS open(day)
             WHERE promise.grams > promise.delivered_grams AND promise.to_day >= %(today)s
             GROUP BY promise.pool_id, open.day
           ) p ON p.pool_id = d.pool_id AND p.day = d.day
     WHERE coalesce(d.capacity, 0) <> coalesce(p.grams, 0)
"""  # noqa: S608
TAKEN = f"""
    SELECT 'stock pool ' || fresh.id,
           'of ' || fresh.to_pick || ' g to pick, its picking days hold ' || coalesce(d.taken, 0)
           || ' and could hold ' || coalesce(d.capacity, 0), NULL::timestamptz
      FROM ({FRESH_POOLS}) fresh
      LEFT JOIN (SELECT pool_id, sum(taken) AS taken, sum(capacity) AS capacity
                   FROM partner_pickingday WHERE day >= %(today)s GROUP BY pool_id
                ) d ON d.pool_id = fresh.id
     WHERE coalesce(d.taken, 0) <> least(fresh.to_pick, coalesce(d.capacity, 0))
    UNION ALL
    SELECT 'picking day ' || day || ' of stock pool ' || pool_id,
           taken || ' g are taken of ' || capacity, NULL
      FROM partner_pickingday WHERE taken < 0 OR taken > capacity
"""  # noqa: S608

LOTS = """
    SELECT 'lot ' || lot.code,
           CASE WHEN lot.drawn_grams < 0 OR lot.written_off_grams < 0
                  OR lot.drawn_grams + lot.written_off_grams > lot.grams
                    THEN 'more is drawn and written off than was delivered'
                WHEN coalesce(d.grams, 0) <> lot.drawn_grams
                    THEN 'drawn_grams is ' || lot.drawn_grams || ', its draws say '
                         || coalesce(d.grams, 0)
                WHEN coalesce(w.grams, 0) + coalesce(rolled.grams, 0) <> lot.written_off_grams
                    THEN 'written_off_grams is ' || lot.written_off_grams
                         || ', its write-offs and its expiry say '
                         || coalesce(w.grams, 0) + coalesce(rolled.grams, 0)
                WHEN rolled.first < lot.expires_at
                    THEN 'was written off as expired before it expired'
                WHEN sp.pool_id <> lot.pool_id
                  OR lot.delivered_on NOT BETWEEN sp.starts_on AND sp.ends_on
                    THEN 'lies in sales pool ' || sp.id || ', which it does not belong to'
                ELSE 'expires_at is not the beginning of a day after its delivery' END,
           NULL::timestamptz
      FROM households_lot lot
      LEFT JOIN settlement_salespool sp ON sp.id = lot.sales_pool_id
      LEFT JOIN (SELECT lot_id, sum(grams) AS grams FROM routing_draw GROUP BY lot_id
                ) d ON d.lot_id = lot.id
      LEFT JOIN (SELECT lot_id, sum(grams) AS grams FROM households_writeoff GROUP BY lot_id
                ) w ON w.lot_id = lot.id
      LEFT JOIN (SELECT pool_id, substring(reference from '^lot:(\\d{1,18}):')::bigint AS lot_id,
                        -sum(on_hand) AS grams, min(created_at) AS first
                   FROM partner_stockmove WHERE cause = 'rolled'
                  GROUP BY 1, 2) rolled
        ON rolled.lot_id = lot.id AND rolled.pool_id = lot.pool_id
     WHERE lot.drawn_grams < 0 OR lot.written_off_grams < 0
        OR lot.drawn_grams + lot.written_off_grams > lot.grams
        OR coalesce(d.grams, 0) <> lot.drawn_grams
        OR coalesce(w.grams, 0) + coalesce(rolled.grams, 0) <> lot.written_off_grams
        OR rolled.first < lot.expires_at
        OR sp.pool_id <> lot.pool_id
        OR lot.delivered_on NOT BETWEEN sp.starts_on AND sp.ends_on
        OR (lot.expires_at AT TIME ZONE 'Asia/Shanghai')::time <> time '00:00'
        OR (lot.expires_at AT TIME ZONE 'Asia/Shanghai')::date <= lot.delivered_on
"""
SALES_POOLS_WITH_LOTS = """
    SELECT 'sales pool ' || sp.id, 'no lot lies in it', NULL::timestamptz
      FROM settlement_salespool sp
     WHERE NOT EXISTS (SELECT 1 FROM households_lot lot WHERE lot.sales_pool_id = sp.id)
"""

CHECKS = (
    Check(
        "stock.figures",
        "SELECT count(*) FROM partner_stockpool",
        (FIGURES, WITHIN, CLOCK, OWNERS),
    ),
    Check("stock.picking", "SELECT count(*) FROM partner_pickingday", (CAPACITY, TAKEN)),
    Check("stock.lots", "SELECT count(*) FROM households_lot", (LOTS, SALES_POOLS_WITH_LOTS)),
    PROMISES_CHECK,
)
