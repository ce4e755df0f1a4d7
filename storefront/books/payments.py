"""Payments and orders: one order for each placed payment, of the very amount that was paid."""

from storefront.books.base import Check

ATTEMPT = "'payment ' || a.uuid"

# What was frozen when payment started adds up: what the lines sell for, and freight, less what
# others than the buyer pay of it.
SNAPSHOT = f"""
    SELECT {ATTEMPT}, 'its snapshot does not add up to its amount of ' || a.amount_fen || ' fen',
           NULL::timestamptz
      FROM payments_paymentattempt a
      LEFT JOIN LATERAL (SELECT sum((value->>'net_fen')::bigint) AS fen
                           FROM jsonb_array_elements(a.snapshot->'lines')) lines ON true
      LEFT JOIN LATERAL (SELECT sum((value->>'net_fen')::bigint) AS fen
                           FROM jsonb_array_elements(a.snapshot->'parts')) parts ON true
      LEFT JOIN LATERAL (SELECT coalesce(sum((value->>'fen')::bigint), 0) AS fen
                           FROM jsonb_array_elements(a.snapshot->'freight')) freight ON true
      LEFT JOIN LATERAL (SELECT coalesce(sum((source.value->>2)::bigint), 0) AS fen
                           FROM jsonb_array_elements(a.snapshot->'parts')
                                AS part(value),
                                jsonb_array_elements(part.value->'sources') AS source(value)
                        ) of_parts ON true
      LEFT JOIN LATERAL (SELECT coalesce(sum((source.value->>2)::bigint), 0) AS fen
                           FROM jsonb_array_elements(a.snapshot->'freight')
                                AS parcel(value),
                                jsonb_array_elements(parcel.value->'sources') AS source(value)
                        ) of_freight ON true
     WHERE a.amount_fen IS DISTINCT FROM lines.fen + freight.fen - of_parts.fen - of_freight.fen
        OR lines.fen IS DISTINCT FROM parts.fen OR a.amount_fen < 0
"""  # noqa: S608
SNAPSHOT_LINES = f"""
    SELECT {ATTEMPT}, 'line ' || line.place || ' of its snapshot is not the sum of its parts',
           NULL::timestamptz
      FROM payments_paymentattempt a
     CROSS JOIN LATERAL (SELECT value, number - 1 AS place
                           FROM jsonb_array_elements(a.snapshot->'lines')
                                WITH ORDINALITY AS l(value, number)) line
      LEFT JOIN LATERAL (SELECT sum((value->>'packs')::bigint) AS packs,
                                sum((value->>'net_fen')::bigint) AS net_fen,
                                sum((value->>'grams')::bigint) AS grams,
                                bool_and(value->>'product_id' = line.value->>'product_id') AS same
                           FROM jsonb_array_elements(a.snapshot->'parts')
                          WHERE (value->>'line')::int = line.place) part ON true
     WHERE NOT coalesce(part.same, false)
        OR part.packs IS DISTINCT FROM (line.value->>'packs')::bigint
        OR part.net_fen IS DISTINCT FROM (line.value->>'net_fen')::bigint
        OR part.grams IS DISTINCT FROM part.packs * (line.value->>'net_grams')::bigint
"""  # noqa: S608
PLACED = f"""
    SELECT {ATTEMPT}, 'is ' || a.state || CASE WHEN a.order_id IS NULL THEN ' without an order'
                                               ELSE ' with order ' || o.number END
           || ', which is not how its row ends it', NULL::timestamptz
      FROM payments_paymentattempt a
      LEFT JOIN order_order o ON o.id = a.order_id
      LEFT JOIN basket_basket b ON b.id = a.basket_id
     WHERE (a.state = 'placed') <> (a.order_id IS NOT NULL)
        OR (a.state IN ('placed', 'refunded')) <> (a.paid_at IS NOT NULL)
        OR (a.state IN ('placed', 'refunded')
            AND (a.intent_id IS NULL) <> (a.amount_fen = 0 AND a.state = 'placed'))
        OR (a.state = 'placed' AND b.status <> 'Submitted')
        OR (a.state = 'open' AND b.status <> 'Frozen' AND b.status <> 'Submitted')
        OR (a.intent_id IS NULL AND a.client_secret <> '')
        OR a.state NOT IN ('open', 'placed', 'closed', 'refunded')
        OR a.gateway NOT IN ('stripe', 'offline', 'platform')
        OR (a.gateway = 'platform') <> (a.snapshot->>'channel' = 'platform')
        OR (a.gateway = 'platform' AND a.state <> 'placed')
        OR a.expires_at <= a.created_at
"""  # noqa: S608
ONE_OPEN = """
    SELECT 'basket ' || basket_id, 'has ' || count(*) || ' payments under way', NULL::timestamptz
      FROM payments_paymentattempt WHERE state = 'open' GROUP BY basket_id HAVING count(*) > 1
"""
# A late success of another attempt placed the basket: what is under way for it is given up next.
NOT_NEEDED = f"""
    SELECT {ATTEMPT}, 'is under way for a basket that is an order', o.date_placed
      FROM payments_paymentattempt a
      JOIN basket_basket b ON b.id = a.basket_id AND b.status = 'Submitted'
      LEFT JOIN order_order o ON o.basket_id = b.id
     WHERE a.state = 'open' AND a.expires_at > %(now)s
"""  # noqa: S608
EXPIRED = f"""
    SELECT {ATTEMPT}, 'its time is over and it is not ended', a.expires_at
      FROM payments_paymentattempt a WHERE a.state = 'open' AND a.expires_at <= %(now)s
"""  # noqa: S608

ORDERS = """
    SELECT 'order ' || coalesce(o.number, o.id::text),
           CASE WHEN a.uuid IS NULL THEN 'no payment placed it'
                WHEN o.total_incl_tax * 100 <> a.amount_fen + coalesce(g.fen, 0)
                    THEN 'its total is ' || o.total_incl_tax || ' yuan, its payment is of '
                         || a.amount_fen + coalesce(g.fen, 0) || ' fen with gift vouchers'
                WHEN o.total_incl_tax <> coalesce(l.total, 0) + o.shipping_incl_tax
                    THEN 'its total is ' || o.total_incl_tax || ', its lines and freight are '
                         || coalesce(l.total, 0) + o.shipping_incl_tax
                WHEN o.shipping_incl_tax * 100 <> coalesce(c.freight, 0)
                    THEN 'its freight is ' || o.shipping_incl_tax
                         || ' yuan, its consignments'' is ' || coalesce(c.freight, 0) || ' fen'
                WHEN coalesce(s.booked, 0) <> a.amount_fen
                    THEN 'its payment is of ' || a.amount_fen || ' fen, the ledger has booked '
                         || coalesce(s.booked, 0)
                ELSE 'is not what its payment says: basket, member, currency, channel or date' END,
           NULL::timestamptz
      FROM order_order o
      LEFT JOIN payments_paymentattempt a ON a.order_id = o.id
      LEFT JOIN (SELECT order_id, sum(line_price_incl_tax) AS total FROM order_line
                  GROUP BY order_id) l ON l.order_id = o.id
      LEFT JOIN (SELECT order_id, sum(freight_fen) AS freight FROM routing_consignment
                  GROUP BY order_id) c ON c.order_id = o.id
      LEFT JOIN (SELECT c.order_id, sum(p.amount_fen) AS booked
                   FROM routing_consignment c
                   JOIN ledger_transaction t ON t.kind = 'sale' AND t.source_type = 'consignment'
                                            AND t.source_id = c.id::text
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account account ON account.id = p.account_id
                                   AND account.kind IN ('stripe', 'bank', 'cash', 'platform')
                  GROUP BY c.order_id) s ON s.order_id = o.id
      LEFT JOIN (SELECT attempt_id, sum(fen) AS fen FROM discounts_use
                  WHERE gift_id IS NOT NULL GROUP BY attempt_id) g ON g.attempt_id = a.uuid
     WHERE a.uuid IS NULL
        OR o.total_incl_tax * 100 <> a.amount_fen + coalesce(g.fen, 0)
        OR o.total_incl_tax <> coalesce(l.total, 0) + o.shipping_incl_tax
        OR o.shipping_incl_tax * 100 <> coalesce(c.freight, 0)
        OR coalesce(s.booked, 0) <> a.amount_fen
        OR (o.basket_id, o.user_id, lower(o.currency), o.channel, o.date_placed,
            o.total_excl_tax, o.shipping_excl_tax)
           IS DISTINCT FROM (a.basket_id, a.user_id, a.currency, a.snapshot->>'channel', a.paid_at,
            o.total_incl_tax, o.shipping_incl_tax)
"""
ONE_PER_BASKET = """
    SELECT 'basket ' || basket_id, 'was ordered ' || count(*) || ' times', NULL::timestamptz
      FROM order_order WHERE basket_id IS NOT NULL GROUP BY basket_id HAVING count(*) > 1
"""
LINES = """
    SELECT coalesce('order line ' || l.id, 'payment ' || s.uuid),
           CASE WHEN l.id IS NULL THEN 'line ' || s.place || ' of its snapshot is not in its order'
                WHEN s.uuid IS NULL THEN 'its payment''s snapshot has no such line'
                ELSE 'is not what its payment''s snapshot says' END, NULL::timestamptz
      FROM (SELECT l.*, row_number() OVER (PARTITION BY l.order_id ORDER BY l.id) - 1 AS place
              FROM order_line l) l
      FULL JOIN (
            SELECT a.uuid, a.order_id, line.number - 1 AS place, line.value,
                   (line.value->>'packs')::int AS packs,
                   -- What the buyer owed: elsewhere, what was paid; else less all discounts.
                   coalesce((line.value->>'due_fen')::numeric,
                       (line.value->>'unit_fen')::numeric * (line.value->>'packs')::int - coalesce(
                       (SELECT sum((cut.value->>1)::bigint)
                          FROM jsonb_array_elements(a.snapshot->'discounts') AS d(value),
                               jsonb_array_elements(d.value->'lines') AS cut(value)
                         WHERE (cut.value->>0)::int = line.number - 1), 0)) AS due_fen,
                   (line.value->>'unit_fen')::numeric AS unit_fen, part.value AS part
              FROM payments_paymentattempt a
             CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'lines')
                   WITH ORDINALITY AS line(value, number)
              LEFT JOIN LATERAL (
                    SELECT part.value FROM jsonb_array_elements(a.snapshot->'parts')
                           WITH ORDINALITY AS part(value, number)
                     WHERE (part.value->>'line')::int = line.number - 1
                     ORDER BY part.number LIMIT 1) part ON true
             WHERE a.order_id IS NOT NULL
           ) s ON s.order_id = l.order_id AND s.place = l.place
     WHERE l.id IS NULL OR s.uuid IS NULL
        OR (l.product_id, l.partner_id) IS DISTINCT FROM
           ((s.value->>'product_id')::int, (s.part->>'partner_id')::int)
        -- Empty when staff deleted the cooperative's offer since. A pack that was sold stays.
        OR l.stockrecord_id <> (s.part->>'stock_record_id')::int
        OR (l.stockrecord_id IS NULL AND EXISTS (
                SELECT 1 FROM partner_stockrecord offer
                 WHERE offer.id = (s.part->>'stock_record_id')::int))
        OR (l.quantity, l.partner_sku, l.upc, l.title, l.partner_name, l.num_allocated)
           IS DISTINCT FROM (s.packs, s.value->>'sku', s.value->>'sku', s.value->>'title_zh',
                             s.part->>'partner_code', 0)
        OR (l.line_price_incl_tax * 100, l.line_price_excl_tax * 100, l.unit_price_incl_tax * 100,
            l.unit_price_excl_tax * 100, l.line_price_before_discounts_incl_tax * 100,
            l.line_price_before_discounts_excl_tax * 100)
           IS DISTINCT FROM (s.due_fen, s.due_fen, s.unit_fen, s.unit_fen, s.unit_fen * s.packs,
                             s.unit_fen * s.packs)
"""

RESERVATIONS = """
    SELECT coalesce('reservation ' || r.id, 'payment ' || a.uuid),
           CASE WHEN a.uuid IS NULL THEN 'holds for a payment that is not there'
                WHEN r.id IS NULL THEN 'never held anything'
                WHEN NOT (CASE a.state WHEN 'open' THEN r.state IN ('held', 'released')
                               WHEN 'placed' THEN r.state IN ('sold', 'released')
                               ELSE r.state = 'released' END)
                    THEN 'is ' || r.state || ', its payment is ' || a.state
                ELSE 'its times are not its payment''s' END, NULL::timestamptz
      FROM partner_reservation r
      -- What was sold elsewhere held nothing first.
      FULL JOIN (SELECT * FROM payments_paymentattempt WHERE gateway <> 'platform') a
        ON a.uuid = r.reference
     WHERE a.uuid IS NULL OR r.id IS NULL
        OR NOT (CASE a.state WHEN 'open' THEN r.state IN ('held', 'released')
                     WHEN 'placed' THEN r.state IN ('sold', 'released')
                     ELSE r.state = 'released' END)
        OR r.expires_at <> a.expires_at
        OR r.created_at NOT BETWEEN a.created_at AND a.created_at + interval '1 minute'
    UNION ALL
    SELECT 'reservation ' || id, 'its time is over and it is not released', expires_at
      FROM partner_reservation WHERE state = 'held' AND expires_at <= %(now)s
"""
HELD = """
    SELECT coalesce('reservation line ' || l.id, 'payment ' || s.uuid),
           'holds ' || coalesce(l.grams, 0) || ' g in pool ' || coalesce(l.pool_id, s.pool_id)
           || ', its payment''s snapshot takes ' || coalesce(s.grams, 0), NULL::timestamptz
      FROM (SELECT l.*, r.reference FROM partner_reservationline l
              LEFT JOIN partner_reservation r ON r.id = l.reservation_id) l
      FULL JOIN (SELECT a.uuid, (part.value->>'pool_id')::bigint AS pool_id,
                        sum((part.value->>'grams')::bigint) AS grams
                   FROM payments_paymentattempt a
                  CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'parts') AS part(value)
                  WHERE a.gateway <> 'platform'
                  GROUP BY 1, 2) s
        ON s.uuid = l.reference AND s.pool_id = l.pool_id
     WHERE coalesce(l.grams, 0) <> coalesce(s.grams, 0)
        OR l.lost_grams < 0 OR l.lost_grams > l.grams
"""

EVENTS = """
    SELECT 'Stripe''s event ' || id || ' (' || type || ')',
           'is not processed' || CASE WHEN error <> '' THEN ': ' || error ELSE '' END, received_at
      FROM payments_stripeevent WHERE processed_at IS NULL
    UNION ALL
    SELECT 'Stripe''s event ' || id, 'is not what its payload says', NULL
      FROM payments_stripeevent
     WHERE payload->>'id' IS DISTINCT FROM id OR payload->>'type' IS DISTINCT FROM type
        OR processed_at > %(now)s
"""

CHECKS = (
    Check(
        "payments.attempts",
        "SELECT count(*) FROM payments_paymentattempt",
        (SNAPSHOT, SNAPSHOT_LINES, PLACED, ONE_OPEN, NOT_NEEDED, EXPIRED),
    ),
    Check("payments.orders", "SELECT count(*) FROM order_order", (ORDERS, ONE_PER_BASKET)),
    Check("payments.order_lines", "SELECT count(*) FROM order_line", (LINES,)),
    Check(
        "payments.reservations", "SELECT count(*) FROM partner_reservation", (RESERVATIONS, HELD)
    ),
    Check("payments.events", "SELECT count(*) FROM payments_stripeevent", (EVENTS,)),
)
