"""Consignments: they cover what was sold, gram by gram and fen by fen, step by step."""

from storefront.books.base import OPEN_GRAMS, Check

LINE = "'consignment line ' || line.id"

# What the snapshot of a placed payment says that each cooperative packs. An order's lines were
# written in the snapshot's order.
PARTS = """
    SELECT a.order_id, (part.value->>'line')::int AS place,
           (part.value->>'partner_id')::bigint AS partner_id,
           (part.value->>'pool_id')::bigint AS pool_id,
           (part.value->>'product_id')::bigint AS product_id,
           (part.value->>'stock_record_id')::bigint AS stock_record_id,
           (part.value->>'packs')::bigint AS packs, (part.value->>'grams')::bigint AS grams,
           (part.value->>'net_fen')::bigint AS net_fen,
           (part.value->>'return_days')::int AS return_days,
           (part.value->>'ship_within_hours')::int AS ship_within_hours, part.number
      FROM payments_paymentattempt a
     CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'parts')
           WITH ORDINALITY AS part(value, number)
     WHERE a.order_id IS NOT NULL
"""
PLACED_LINES = """
    SELECT l.*, row_number() OVER (PARTITION BY l.order_id ORDER BY l.id) - 1 AS place
      FROM order_line l
"""
COVERED = f"""
    SELECT coalesce('consignment line ' || line.id, 'order ' || part.order_id),
           CASE WHEN part.order_id IS NULL THEN 'no part of its payment''s snapshot is like it'
                WHEN line.id IS NULL THEN 'cooperative ' || part.partner_id || ' should pack '
                     || part.packs || ' of its line ' || part.place || ', and no line says so'
                ELSE 'is not what its payment''s snapshot says' END, NULL::timestamptz
      FROM ({PARTS}) part
      FULL JOIN (SELECT line.*, c.order_id, c.partner_id, sold.place,
                        -- As it was billed at first: less since, where grams were missing.
                        line.billed_grams + coalesce(
                            (SELECT sum(short_grams) FROM aftersales_refundline part
                              WHERE part.consignment_line_id = line.id), 0)::bigint AS billed
                   FROM routing_consignmentline line
                   LEFT JOIN routing_consignment c ON c.id = line.consignment_id
                   LEFT JOIN ({PLACED_LINES}) sold
                     ON sold.id = line.order_line_id AND sold.order_id = c.order_id
                ) line
        ON line.order_id = part.order_id AND line.partner_id = part.partner_id
       AND line.place = part.place
     WHERE part.order_id IS NULL OR line.id IS NULL
        OR (line.pool_id, line.product_id, line.packs, line.ordered_grams, line.billed,
            line.net_fen, line.return_days)
           IS DISTINCT FROM (part.pool_id, part.product_id::int, part.packs::int, part.grams,
            part.grams, part.net_fen, part.return_days)
"""  # noqa: S608
ADDS_UP = """
    SELECT 'order line ' || l.id,
           'is of ' || l.quantity || ' packs and ' || l.line_price_incl_tax
           || ' yuan, its consignment lines of ' || coalesce(s.packs, 0) || ' and '
           || coalesce(s.net_fen, 0) || ' fen, of which others than the buyer funded '
           || coalesce(funded.fen, 0), NULL::timestamptz
      FROM order_line l
      LEFT JOIN (SELECT order_line_id, sum(packs) AS packs, sum(net_fen) AS net_fen
                   FROM routing_consignmentline GROUP BY order_line_id) s ON s.order_line_id = l.id
      LEFT JOIN (SELECT line.order_line_id, sum(source.fen) AS fen
                   FROM routing_linesource source
                   JOIN routing_consignmentline line ON line.id = source.consignment_line_id
                  WHERE source.kind IN ('programme', 'host')
                  GROUP BY line.order_line_id) funded ON funded.order_line_id = l.id
     WHERE l.quantity <> coalesce(s.packs, 0)
        OR l.line_price_incl_tax * 100 <> coalesce(s.net_fen, 0) - coalesce(funded.fen, 0)
"""
PARCELS = f"""
    SELECT coalesce('consignment ' || c.number, 'order ' || part.order_id),
           CASE WHEN part.order_id IS NULL THEN 'no part of its payment''s snapshot is for it'
                WHEN c.id IS NULL THEN 'has no consignment of cooperative ' || part.partner_id
                WHEN c.freight_fen IS DISTINCT FROM coalesce(freight.fen, 0)
                    THEN 'its freight is ' || c.freight_fen || ' fen, the snapshot says '
                         || coalesce(freight.fen, 0)
                ELSE 'its number, date of payment or ship_by is not its order''s' END,
           NULL::timestamptz
      FROM (SELECT order_id, partner_id, min(ship_within_hours) AS hours,
                   row_number() OVER (PARTITION BY order_id ORDER BY partner_id) AS place
              FROM ({PARTS}) parts GROUP BY order_id, partner_id) part
      FULL JOIN routing_consignment c
        ON c.order_id = part.order_id AND c.partner_id = part.partner_id
      LEFT JOIN (SELECT a.order_id, (f.value->>'partner_id')::bigint AS partner_id,
                        sum((f.value->>'fen')::bigint) AS fen
                   FROM payments_paymentattempt a
                  CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'freight') AS f(value)
                  GROUP BY 1, 2
                ) freight ON freight.order_id = c.order_id AND freight.partner_id = c.partner_id
      LEFT JOIN order_order o ON o.id = c.order_id
     WHERE part.order_id IS NULL OR c.id IS NULL
        OR c.freight_fen <> coalesce(freight.fen, 0)
        OR c.number IS DISTINCT FROM o.number || '-' || part.place
        OR c.paid_at IS DISTINCT FROM o.date_placed
        OR c.ship_by <> c.paid_at + make_interval(hours => part.hours)
"""  # noqa: S608

# The events, one after the other, lead to the state; the times are those of the last events.
EVENTS = """
    SELECT e.*, CASE WHEN e.undone THEN 'undo ' ELSE '' END || e.state AS step,
           lag(e.state) OVER of_consignment AS before,
           row_number() OVER (PARTITION BY e.consignment_id ORDER BY e.id DESC) AS from_last
      FROM routing_consignmentevent e
    WINDOW of_consignment AS (PARTITION BY e.consignment_id ORDER BY e.id)
"""
STEPS = f"""
    SELECT 'event ' || e.id || ' of consignment ' || e.consignment_id,
           'leads from ' || coalesce(e.before, 'nothing') || ' to ' || e.step, NULL::timestamptz
      FROM ({EVENTS}) e
     WHERE (coalesce(e.before, ''), e.step) NOT IN (
            ('', 'paid'), ('paid', 'packed'), ('packed', 'shipped'), ('shipped', 'delivered'),
            ('delivered', 'undo shipped'), ('shipped', 'undo packed'), ('packed', 'undo paid'),
            ('paid', 'cancelled'))
"""  # noqa: S608
STATES = f"""
    SELECT 'consignment ' || c.number,
           CASE WHEN c.state IS DISTINCT FROM last.state
                    THEN 'is ' || c.state || ', its last event says '
                         || coalesce(last.state, 'nothing')
                ELSE 'its times or its waybill do not fit its state ' || c.state END,
           NULL::timestamptz
      FROM routing_consignment c
      LEFT JOIN ({EVENTS}) last ON last.consignment_id = c.id AND last.from_last = 1
      LEFT JOIN (SELECT consignment_id,
                        min(created_at) FILTER (WHERE state = 'paid' AND NOT undone) AS paid,
                        max(created_at) FILTER (WHERE state = 'packed' AND NOT undone) AS packed,
                        max(created_at) FILTER (WHERE state = 'shipped' AND NOT undone) AS shipped,
                        max(created_at) FILTER (WHERE state = 'delivered' AND NOT undone)
                            AS delivered
                   FROM routing_consignmentevent GROUP BY consignment_id
                ) at ON at.consignment_id = c.id
     WHERE c.state IS DISTINCT FROM last.state
        OR (c.packed_at IS NOT NULL) <> (c.state IN ('packed', 'shipped', 'delivered'))
        OR (c.shipped_at IS NOT NULL) <> (c.state IN ('shipped', 'delivered'))
        OR (c.delivered_at IS NOT NULL) <> (c.state = 'delivered')
        OR at.paid <> c.paid_at
        OR abs(extract(epoch FROM at.packed - c.packed_at)) > 60
        OR abs(extract(epoch FROM at.shipped - c.shipped_at)) > 60
        OR abs(extract(epoch FROM at.delivered - c.delivered_at)) > 60
        OR (c.state NOT IN ('shipped', 'delivered') AND c.carrier || c.waybill <> '')
"""  # noqa: S608
PACKED = f"""
    SELECT {LINE}, 'its packed grams do not fit its consignment, which is ' || c.state,
           NULL::timestamptz
      FROM routing_consignmentline line JOIN routing_consignment c ON c.id = line.consignment_id
     WHERE (line.packed_grams IS NOT NULL AND c.packed_at IS NULL)
        OR (line.packed_grams IS NULL AND c.packed_at IS NOT NULL
            AND line.ordered_grams > line.cancelled_grams)
        OR (c.state = 'cancelled' AND line.ordered_grams > line.cancelled_grams)
"""  # noqa: S608

# Grams of each line.
GRAMS = f"""
    SELECT {LINE},
           CASE WHEN line.drawn_grams <> coalesce(d.grams, 0)
                    THEN 'drawn_grams is ' || line.drawn_grams || ', its drawings say '
                         || coalesce(d.grams, 0)
                WHEN line.cancelled_packs <> coalesce(r.packs, 0)
                  OR line.cancelled_grams <> coalesce(r.cancelled, 0)
                  OR line.returned_grams <> coalesce(r.returned, 0)
                    THEN 'its cancelled packs and grams and its returned grams are '
                         || line.cancelled_packs || ', ' || line.cancelled_grams || ', '
                         || line.returned_grams || ', its refunds say ' || coalesce(r.packs, 0)
                         || ', ' || coalesce(r.cancelled, 0) || ', ' || coalesce(r.returned, 0)
                ELSE 'its grams are more than it has' END, NULL::timestamptz
      FROM routing_consignmentline line
      LEFT JOIN (SELECT line_id, sum(grams) AS grams FROM routing_drawing GROUP BY line_id
                ) d ON d.line_id = line.id
      LEFT JOIN (SELECT part.consignment_line_id, sum(part.packs) AS packs,
                        sum(part.grams) FILTER (
                            WHERE NOT coalesce(refund.created_at >= c.packed_at, false)
                        ) AS cancelled,
                        sum(part.grams) FILTER (
                            WHERE refund.created_at >= c.packed_at AND part.restocked
                        ) AS returned
                   FROM aftersales_refundline part
                   JOIN aftersales_refund refund ON refund.uuid = part.refund_id
                   JOIN routing_consignment c ON c.id = part.consignment_id
                  GROUP BY part.consignment_line_id) r ON r.consignment_line_id = line.id
     WHERE line.drawn_grams <> coalesce(d.grams, 0)
        OR line.cancelled_packs <> coalesce(r.packs, 0)
        OR line.cancelled_grams <> coalesce(r.cancelled, 0)
        OR line.returned_grams <> coalesce(r.returned, 0)
        OR line.short_grams < 0 OR {OPEN_GRAMS} < line.short_grams
        OR line.cancelled_packs > line.packs OR line.cancelled_grams > line.ordered_grams
        OR (line.packed_grams IS NULL AND line.drawn_grams + line.returned_grams <> 0)
"""  # noqa: S608

# Money of each line.
MONEY = f"""
    SELECT {LINE},
           CASE WHEN line.refunded_fen <> coalesce(r.fen, 0)
                    THEN 'refunded_fen is ' || line.refunded_fen || ', its refunds say '
                         || coalesce(r.fen, 0)
                WHEN line.borne_elsewhere_fen <> coalesce(r.elsewhere, 0)
                    THEN 'borne_elsewhere_fen is ' || line.borne_elsewhere_fen
                         || ', its refunds say ' || coalesce(r.elsewhere, 0)
                WHEN line.net_fen - line.refunded_fen + line.borne_elsewhere_fen
                     <> coalesce(b.sales, 0) + coalesce(b.pools, 0)
                    THEN line.net_fen - line.refunded_fen + line.borne_elsewhere_fen
                         || ' fen are left of its sale, the ledger has '
                         || coalesce(b.sales, 0) || ' in sales and ' || coalesce(b.pools, 0)
                         || ' in pools'
                ELSE 'its money is not where its grams are: the ledger has '
                     || coalesce(b.sales, 0) || ' fen in sales and ' || coalesce(b.pools, 0)
                     || ' in pools' END, NULL::timestamptz
      FROM routing_consignmentline line
      LEFT JOIN (SELECT consignment_line_id, sum(amount_fen) AS fen,
                        coalesce(sum(amount_fen) FILTER (WHERE bearer <> 'cooperative'), 0)
                            - sum(borne_back_fen) AS elsewhere
                   FROM aftersales_refundline GROUP BY consignment_line_id
                ) r ON r.consignment_line_id = line.id
      LEFT JOIN (SELECT line_id, sum(fen) FILTER (WHERE kind = 'sales') AS sales,
                        sum(fen) FILTER (WHERE kind = 'pool') AS pools, min(fen) AS least
                   FROM (SELECT p.consignment_line_id AS line_id, a.kind, -sum(p.amount_fen) AS fen
                           FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
                          WHERE p.consignment_line_id IS NOT NULL AND a.kind IN ('sales', 'pool')
                          GROUP BY p.consignment_line_id, a.kind, a.sales_pool_id) lying
                  GROUP BY line_id) b ON b.line_id = line.id
     WHERE line.refunded_fen <> coalesce(r.fen, 0) OR line.refunded_fen > line.net_fen
        OR line.borne_elsewhere_fen <> coalesce(r.elsewhere, 0)
        OR line.net_fen - line.refunded_fen + line.borne_elsewhere_fen
           <> coalesce(b.sales, 0) + coalesce(b.pools, 0)
        OR b.least < 0
        OR (line.packed_grams IS NULL AND b.pools <> 0)
        OR (line.packed_grams IS NOT NULL AND {OPEN_GRAMS} <= 0 AND b.sales <> 0)
"""  # noqa: S608
FREIGHT = """
    SELECT 'consignment ' || c.number,
           'freight_refunded_fen is ' || c.freight_refunded_fen || ', its refunds say '
           || coalesce(r.fen, 0), NULL::timestamptz
      FROM routing_consignment c
      LEFT JOIN (SELECT consignment_id, sum(amount_fen) AS fen FROM aftersales_refundline
                  WHERE consignment_line_id IS NULL GROUP BY consignment_id
                ) r ON r.consignment_id = c.id
     WHERE c.freight_refunded_fen <> coalesce(r.fen, 0) OR c.freight_refunded_fen > c.freight_fen
"""
# The sale as it was booked: one transaction for each consignment, line by line.
SALES = """
    SELECT 'consignment ' || c.number, 'its sale is not booked as it was sold', NULL::timestamptz
      FROM routing_consignment c
      JOIN LATERAL (SELECT count(*) AS lines, sum(line.net_fen) AS goods,
                           sum(line.net_fen) FILTER (WHERE line.net_fen <> 0) AS booked
                      FROM routing_consignmentline line WHERE line.consignment_id = c.id
                   ) sold ON true
      LEFT JOIN ledger_transaction t ON t.kind = 'sale' AND t.source_type = 'consignment'
                                    AND t.source_id = c.id::text
      LEFT JOIN (SELECT p.transaction_id,
                        sum(p.amount_fen) FILTER (
                            WHERE a.kind IN ('stripe', 'bank', 'cash', 'platform')) AS paid,
                        sum(p.amount_fen) FILTER (WHERE a.kind = 'gift') AS gift,
                        sum(p.amount_fen) FILTER (WHERE a.kind = 'programme_expense')
                            AS programme,
                        sum(p.amount_fen) FILTER (WHERE a.kind = 'host') AS host,
                        -sum(p.amount_fen) FILTER (WHERE a.kind = 'freight') AS freight,
                        -sum(p.amount_fen) FILTER (WHERE a.kind = 'sales') AS sales
                   FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
                  GROUP BY p.transaction_id) booked ON booked.transaction_id = t.id
      LEFT JOIN (SELECT consignment_id,
                        sum(fen) FILTER (WHERE kind = 'gift') AS gift,
                        sum(fen) FILTER (WHERE kind = 'programme') AS programme,
                        sum(fen) FILTER (WHERE kind = 'host') AS host
                   FROM routing_linesource GROUP BY consignment_id
                ) source ON source.consignment_id = c.id
     WHERE coalesce(booked.gift, 0) <> coalesce(source.gift, 0)
        OR coalesce(booked.programme, 0) <> coalesce(source.programme, 0)
        OR coalesce(booked.host, 0) <> coalesce(source.host, 0)
        OR coalesce(sold.goods, 0) + c.freight_fen
           <> coalesce(booked.paid, 0) + coalesce(booked.gift, 0)
              + coalesce(booked.programme, 0) + coalesce(booked.host, 0)
        OR coalesce(sold.goods, 0) <> coalesce(booked.sales, 0)
        OR c.freight_fen <> coalesce(booked.freight, 0)
        OR sold.lines = 0
"""
SALES_BY_LINE = """
    SELECT 'consignment line ' || line.id,
           'was sold for ' || line.net_fen || ' fen, its sale is booked with '
           || coalesce(-p.fen, 0), NULL::timestamptz
      FROM routing_consignmentline line
      LEFT JOIN (SELECT p.consignment_line_id, t.source_id, sum(p.amount_fen) AS fen
                   FROM ledger_posting p
                   JOIN ledger_transaction t ON t.id = p.transaction_id AND t.kind = 'sale'
                  GROUP BY 1, 2) p
        ON p.consignment_line_id = line.id AND p.source_id = line.consignment_id::text
     WHERE line.net_fen <> coalesce(-p.fen, 0)
"""

CHECKS = (
    Check(
        "consignments.cover",
        "SELECT count(*) FROM order_line",
        (ADDS_UP, COVERED, PARCELS),
    ),
    Check(
        "consignments.states", "SELECT count(*) FROM routing_consignment", (STEPS, STATES, PACKED)
    ),
    Check("consignments.grams", "SELECT count(*) FROM routing_consignmentline", (GRAMS,)),
    Check(
        "consignments.money",
        "SELECT count(*) FROM routing_consignmentline",
        (MONEY, FREIGHT, SALES, SALES_BY_LINE),
    ),
)
