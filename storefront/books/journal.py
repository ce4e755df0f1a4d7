"""The stock journal: each row has its cause, and what happened has its rows."""

from storefront.books.base import OPEN_GRAMS, Check

NAMED = "'stock move ' || m.id || ' (' || m.cause || ' ' || m.reference || ')'"

# Which figures a cause may move, and which way: on_hand, promised, reserved, allocated; 2 = both.
SHAPE = f"""
    SELECT {NAMED}, 'moves a figure that such a row does not move', NULL::timestamptz
      FROM partner_stockmove m
      LEFT JOIN (VALUES
            ('delivered', 1, -1, 0, 0), ('promised', 0, 1, 0, 0), ('rolled', -1, 2, 0, 0),
            ('reserved', 0, 0, 1, 0), ('released', 0, 0, -1, 0), ('lost', 0, 0, -1, 0),
            ('sold', 0, 0, -1, 1), ('cancelled', 0, 0, 0, -1), ('packed', -1, 0, 0, 2),
            ('unpacked', 1, 0, 0, 2), ('drawn', -1, 0, 0, -1), ('short', 0, 0, 0, -1),
            ('covered', 0, 0, 0, 1), ('spoiled', -1, 0, 0, 0), ('returned', 1, 0, 0, 2)
         ) AS shape(cause, on_hand, promised, reserved, allocated) ON shape.cause = m.cause
     WHERE shape.cause IS NULL
        OR (shape.on_hand <> 2 AND sign(m.on_hand) NOT IN (0, shape.on_hand))
        OR (shape.promised <> 2 AND sign(m.promised) NOT IN (0, shape.promised))
        OR (shape.reserved <> 2 AND sign(m.reserved) NOT IN (0, shape.reserved))
        OR (shape.allocated <> 2 AND sign(m.allocated) NOT IN (0, shape.allocated))
        OR (m.on_hand = 0 AND m.promised = 0 AND m.reserved = 0 AND m.allocated = 0)
"""  # noqa: S608
ONCE = """
    SELECT 'stock move ' || max(id), 'is there twice', NULL::timestamptz
      FROM partner_stockmove GROUP BY pool_id, cause, reference HAVING count(*) > 1
"""

# A delivery, a write-off: one row each, of as many grams.
FACTS = """
    SELECT coalesce(fact.name,
                    'stock move ' || m.id || ' (' || m.cause || ' ' || m.reference || ')'),
           CASE WHEN m.id IS NULL THEN 'has no row in the stock journal'
                WHEN fact.name IS NULL THEN 'what it names is not there'
                WHEN m.on_hand = fact.grams THEN 'is dated otherwise than its journal row'
                ELSE 'is of ' || fact.grams || ' g, its journal row of ' || m.on_hand END,
           NULL::timestamptz
      FROM (SELECT pool_id, 'delivered' AS cause, 'lot:' || code AS reference, grams,
                   'lot ' || code AS name, NULL::timestamptz AS at FROM households_lot
            UNION ALL
            SELECT lot.pool_id, 'spoiled', 'write-off:' || w.id, -w.grams, 'write-off ' || w.id,
                   w.created_at
              FROM households_writeoff w JOIN households_lot lot ON lot.id = w.lot_id
            UNION ALL
            SELECT line.pool_id, 'unpacked', 'drawing:' || d.id, -d.grams, 'drawing ' || d.id,
                   d.created_at
              FROM routing_drawing d JOIN routing_consignmentline line ON line.id = d.line_id
             WHERE d.reverses_id IS NOT NULL
           ) fact
      FULL JOIN (SELECT * FROM partner_stockmove
                  WHERE cause IN ('delivered', 'spoiled')
                     OR (cause = 'unpacked' AND reference ~ '^drawing:')) m
        ON m.pool_id = fact.pool_id AND m.cause = fact.cause AND m.reference = fact.reference
     WHERE m.id IS NULL OR fact.name IS NULL OR m.on_hand <> fact.grams OR m.created_at <> fact.at
        OR (m.cause = 'unpacked' AND m.allocated <> 0)
"""
# What time took: the lot or promise that it names is one of the pool's.
ROLLED = f"""
    SELECT {NAMED}, 'what it names is not there', NULL::timestamptz
      FROM partner_stockmove m
      LEFT JOIN households_lot lot
        ON lot.id = substring(m.reference from '^lot:(\\d{{1,18}}):')::bigint
      LEFT JOIN households_promise promise
        ON promise.id = substring(m.reference from '^promise:(\\d{{1,18}}):')::bigint
     WHERE m.cause = 'rolled'
       AND (m.pool_id IS DISTINCT FROM coalesce(lot.pool_id, promise.pool_id)
            OR (lot.id IS NULL) = (m.on_hand <> 0)
            OR substring(m.reference from ':\\d+:(.*)$') IS DISTINCT FROM replace(
                to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                '.000000', '') || '+00:00')
"""  # noqa: S608

# Holds and sales, by payment and pool.
HOLDS = """
    SELECT 'payment ' || coalesce(held.attempt, m.attempt, sold.attempt) || ' in stock pool '
           || coalesce(held.pool_id, m.pool_id, sold.pool_id),
           CASE WHEN coalesce(m.reserved, 0) <> coalesce(held.grams, 0)
                    THEN 'reserves ' || coalesce(held.grams, 0) || ' g, its journal '
                         || coalesce(m.reserved, 0)
                WHEN coalesce(m.allocated, 0) <> coalesce(sold.grams, 0)
                    THEN 'sold ' || coalesce(sold.grams, 0) || ' g, its journal '
                         || coalesce(m.allocated, 0)
                ELSE 'its hold is ' || coalesce(held.state, 'missing')
                     || ', which is not how its journal ends it' END, NULL::timestamptz
      FROM (SELECT r.reference::text AS attempt, l.pool_id, r.state, l.grams,
                   l.grams - l.lost_grams AS kept
              FROM partner_reservationline l JOIN partner_reservation r ON r.id = l.reservation_id
           ) held
      FULL JOIN (
            SELECT substring(reference from '^attempt:(.*)$') AS attempt, pool_id,
                   sum(reserved) FILTER (WHERE cause = 'reserved') AS reserved,
                   -sum(reserved) FILTER (WHERE cause = 'released') AS released,
                   -sum(reserved) FILTER (WHERE cause = 'sold') AS taken,
                   sum(allocated) FILTER (WHERE cause = 'sold') AS allocated
              FROM partner_stockmove WHERE cause IN ('reserved', 'released', 'sold')
             GROUP BY 1, 2
           ) m ON m.attempt = held.attempt AND m.pool_id = held.pool_id
      FULL JOIN (
            SELECT a.uuid::text AS attempt, line.pool_id, sum(line.ordered_grams) AS grams
              FROM payments_paymentattempt a
              JOIN routing_consignment c ON c.order_id = a.order_id
              JOIN routing_consignmentline line ON line.consignment_id = c.id
             GROUP BY 1, 2
           ) sold ON sold.attempt = coalesce(held.attempt, m.attempt)
                 AND sold.pool_id = coalesce(held.pool_id, m.pool_id)
     WHERE coalesce(m.reserved, 0) <> coalesce(held.grams, 0)
        OR coalesce(m.allocated, 0) <> coalesce(sold.grams, 0)
        OR coalesce(m.released, 0)
           <> CASE WHEN held.state = 'released' THEN held.kept ELSE 0 END
        OR coalesce(m.taken, 0) <> CASE WHEN held.state = 'sold' THEN held.kept ELSE 0 END
"""
LOST = """
    SELECT coalesce('reservation line ' || l.id, 'hold ' || m.hold),
           'lost_grams is ' || coalesce(l.lost_grams::text, 'nowhere') || ', its journal says '
           || coalesce(m.grams, 0), NULL::timestamptz
      FROM partner_reservationline l
      FULL JOIN (SELECT pool_id, substring(reference from '/hold:(\\d{1,18})$')::bigint AS hold,
                        -sum(reserved) AS grams
                   FROM partner_stockmove m WHERE cause = 'lost' GROUP BY 1, 2
                ) m ON m.hold = l.id AND m.pool_id = l.pool_id
     WHERE coalesce(m.grams, 0) <> coalesce(l.lost_grams, -1)
"""  # noqa: S608

# The rows about a consignment line lead from what was ordered to where it is now.
ABOUT_LINES = """
    SELECT m.id, m.pool_id, m.cause, m.reference, m.on_hand, m.allocated, m.created_at,
           coalesce(substring(m.reference from '/line:(\\d{1,18})$')::bigint, d.line_id) AS line_id,
           substring(m.reference from '^event:(\\d{1,18})/')::bigint AS event_id,
           substring(m.reference from '^refund:([0-9a-f-]{36})/') AS refund,
           d.grams AS drawing_grams, d.reverses_id
      FROM partner_stockmove m
      LEFT JOIN routing_drawing d ON m.reference = 'drawing:' || d.id
     WHERE m.cause IN ('packed', 'unpacked', 'drawn', 'short', 'covered', 'cancelled', 'returned')
"""
LINES = f"""
    SELECT 'consignment line ' || coalesce(line.id::text, m.line_id::text, 'unknown'),
           CASE WHEN line.id IS NULL THEN 'the stock journal names it, it is not in that pool'
                WHEN coalesce(m.on_hand, 0) <> -line.drawn_grams
                    THEN 'drawn_grams is ' || line.drawn_grams || ', the stock journal says '
                         || -coalesce(m.on_hand, 0)
                ELSE 'adds ' || {OPEN_GRAMS} - line.short_grams
                     || ' g to allocated, the stock journal says '
                     || line.ordered_grams + coalesce(m.allocated, 0) END, NULL::timestamptz
      FROM routing_consignmentline line
      FULL JOIN (SELECT pool_id, line_id, sum(on_hand) AS on_hand, sum(allocated) AS allocated
                   FROM ({ABOUT_LINES}) about GROUP BY 1, 2
                ) m ON m.line_id = line.id AND m.pool_id = line.pool_id
     WHERE line.id IS NULL OR coalesce(m.on_hand, 0) <> -line.drawn_grams
        OR line.ordered_grams + coalesce(m.allocated, 0) <> {OPEN_GRAMS} - line.short_grams
"""  # noqa: S608
CAUSES = f"""
    SELECT {NAMED}, 'what it names did not happen, or not so', NULL::timestamptz
      FROM ({ABOUT_LINES}) m
      LEFT JOIN routing_consignmentline line ON line.id = m.line_id
      LEFT JOIN routing_consignment consignment ON consignment.id = line.consignment_id
      LEFT JOIN routing_consignmentevent event
        ON event.id = m.event_id AND event.consignment_id = line.consignment_id
      LEFT JOIN aftersales_refundline refund
        ON refund.refund_id::text = m.refund AND refund.consignment_line_id = line.id
     WHERE NOT coalesce(CASE m.cause
            WHEN 'packed' THEN event.state = 'packed' AND NOT event.undone
            WHEN 'unpacked' THEN m.reverses_id IS NOT NULL
                              OR (event.state = 'paid' AND event.undone AND m.on_hand = 0)
            WHEN 'drawn' THEN m.drawing_grams > 0 AND m.on_hand = -m.drawing_grams
            WHEN 'cancelled' THEN refund.grams > 0
                 AND coalesce(m.created_at < consignment.packed_at, true)
            WHEN 'returned' THEN refund.grams > 0 AND refund.restocked
                 AND m.created_at >= consignment.packed_at
            ELSE m.reference ~ '^(lots|promise|time|event|refund|write-off|attempt):' END, false)
"""  # noqa: S608

CHECKS = (
    Check(
        "journal.causes",
        "SELECT count(*) FROM partner_stockmove",
        (SHAPE, ONCE, FACTS, ROLLED, CAUSES),
    ),
    Check("journal.holds", "SELECT count(*) FROM partner_reservationline", (HOLDS, LOST)),
    Check("journal.lines", "SELECT count(*) FROM routing_consignmentline", (LINES,)),
)
