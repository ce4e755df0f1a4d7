"""Refunds: each is the sum of its lines, booked as it was decided, and done at Stripe."""

from storefront.books.base import Check

NAMED = "'refund ' || r.uuid"

AMOUNTS = f"""
    SELECT {NAMED},
           CASE WHEN r.amount_fen IS DISTINCT FROM s.fen AND r.order_id IS NOT NULL
                    THEN 'is of ' || r.amount_fen || ' fen, its lines of ' || coalesce(s.fen, 0)
                WHEN a.order_id IS DISTINCT FROM r.order_id
                    THEN 'is of another order than its payment'
                ELSE 'gives back a payment without an order, and not all of it once' END,
           NULL::timestamptz
      FROM aftersales_refund r
      LEFT JOIN payments_paymentattempt a ON a.uuid = r.attempt_id
      LEFT JOIN (SELECT refund_id, sum(amount_fen) AS fen FROM aftersales_refundline
                  GROUP BY refund_id) s ON s.refund_id = r.uuid
      LEFT JOIN (SELECT t.source_id, sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'stripe'
                  WHERE t.kind = 'goods_gone' GROUP BY t.source_id) g
        ON g.source_id = r.attempt_id::text
     WHERE a.order_id IS DISTINCT FROM r.order_id
        OR r.amount_fen <= 0
        OR (r.order_id IS NOT NULL AND r.amount_fen IS DISTINCT FROM s.fen)
        OR (r.order_id IS NULL
            AND (r.reason <> 'goods_gone' OR r.created_at <> a.paid_at OR s.fen IS NOT NULL
                 OR a.state <> 'refunded'
                 OR g.fen IS DISTINCT FROM r.amount_fen))
        OR (r.order_id IS NOT NULL AND r.reason = 'goods_gone')
"""  # noqa: S608
GOODS_GONE = """
    SELECT 'payment ' || a.uuid, 'was to be given back, by ' || count(r.uuid) || ' refunds',
           NULL::timestamptz
      FROM payments_paymentattempt a LEFT JOIN aftersales_refund r ON r.attempt_id = a.uuid
     WHERE a.state = 'refunded' GROUP BY a.uuid HAVING count(r.uuid) <> 1
"""
NOT_ABOVE = """
    SELECT 'payment ' || a.uuid,
           'of ' || a.amount_fen || ' fen has refunds of ' || sum(r.amount_fen), NULL::timestamptz
      FROM payments_paymentattempt a JOIN aftersales_refund r ON r.attempt_id = a.uuid
     WHERE a.state = 'placed' GROUP BY a.uuid HAVING sum(r.amount_fen) > a.amount_fen
"""
LINES = """
    SELECT 'refund line ' || part.id,
           'is not of an order, consignment and line that belong together', NULL::timestamptz
      FROM aftersales_refundline part
      LEFT JOIN aftersales_refund r ON r.uuid = part.refund_id
      LEFT JOIN routing_consignment c ON c.id = part.consignment_id
      LEFT JOIN routing_consignmentline line ON line.id = part.consignment_line_id
     WHERE c.order_id IS DISTINCT FROM r.order_id
        OR (part.consignment_line_id IS NOT NULL AND line.consignment_id <> part.consignment_id)
        OR part.amount_fen < 0 OR part.grams < 0 OR part.packs < 0
        OR (part.packs = 0 AND (part.grams <> 0 OR part.restocked))
        OR (part.packs > 0 AND part.consignment_line_id IS NULL)
"""
# Restocked or not is decided for a refund as a whole.
RESTOCKED = """
    SELECT 'refund ' || refund_id, 'is restocked in a part of its lines', NULL::timestamptz
      FROM aftersales_refundline WHERE packs > 0 GROUP BY refund_id
    HAVING bool_or(restocked) <> bool_and(restocked)
"""
# Packs are refunded at their part of what remains of their line's money. Their grams: of what is
# still to pack; or of the box, whose packs weigh the same, cut by floors one after the other.
BY_PACKS = """
    WITH parts AS (
        SELECT part.id, part.consignment_line_id AS line_id, part.packs, part.amount_fen,
               part.grams, line.packs AS all_packs, line.net_fen, line.ordered_grams,
               line.packed_grams,
               line.packs - div(line.cancelled_grams * line.packs, line.ordered_grams::numeric)
                   AS in_box,
               coalesce(r.created_at >= c.packed_at, false) AS from_box
          FROM aftersales_refundline part
          JOIN aftersales_refund r ON r.uuid = part.refund_id
          JOIN routing_consignment c ON c.id = part.consignment_id
          JOIN routing_consignmentline line ON line.id = part.consignment_line_id
         WHERE line.ordered_grams > 0
    ), remaining AS (
        SELECT parts.*,
               (all_packs - coalesce(sum(packs) OVER earlier, 0))::numeric AS packs_left,
               net_fen - coalesce(sum(amount_fen) OVER earlier, 0) AS fen_left,
               ordered_grams - coalesce(
                   sum(CASE WHEN NOT from_box THEN grams END) OVER earlier, 0) AS to_pack
          FROM parts
        WINDOW earlier AS (PARTITION BY line_id ORDER BY id
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), due AS (
        SELECT remaining.*, div(fen_left * packs, nullif(packs_left, 0)) AS fen_due,
               CASE WHEN from_box
                    THEN div(packed_grams * (in_box - packs_left + packs), nullif(in_box, 0))
                         - div(packed_grams * (in_box - packs_left), nullif(in_box, 0))
                    ELSE div(to_pack * packs, nullif(packs_left, 0)) END AS grams_due
          FROM remaining
    )
    SELECT 'refund line ' || id,
           'gives back ' || amount_fen || ' fen and ' || grams || ' g for ' || packs || ' of '
           || packs_left || ' packs, that is ' || coalesce(fen_due, 0) || ' fen and '
           || coalesce(grams_due, 0) || ' g', NULL::timestamptz
      FROM due
     WHERE packs > packs_left OR amount_fen > fen_left
        OR (packs > 0 AND (amount_fen IS DISTINCT FROM fen_due
                           OR grams IS DISTINCT FROM grams_due))
"""
# Decided: by consignment, line by line.
DECIDED = """
    SELECT 'refund ' || coalesce(part.source, booked.source)
           || coalesce(', line ' || coalesce(part.line_id, booked.line_id), ', freight'),
           'is of ' || coalesce(part.fen, 0) || ' fen, booked with ' || coalesce(booked.fen, 0),
           NULL::timestamptz
      FROM (SELECT refund_id || ':' || consignment_id AS source,
                   coalesce(consignment_line_id, 0) AS line_id, sum(amount_fen) AS fen
              FROM aftersales_refundline GROUP BY 1, 2) part
      FULL JOIN (SELECT t.source_id AS source, coalesce(p.consignment_line_id, 0) AS line_id,
                        sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind <> 'refund_due'
                  WHERE t.kind = 'refund_decided' GROUP BY 1, 2) booked
        ON booked.source = part.source AND booked.line_id = part.line_id
     WHERE coalesce(part.fen, 0) <> coalesce(booked.fen, 0)
"""
DONE = f"""
    SELECT {NAMED},
           CASE WHEN (r.state = 'done') <> (t.id IS NOT NULL)
                    THEN 'is ' || r.state || ', the ledger says '
                         || CASE WHEN t.id IS NULL THEN 'not paid' ELSE 'paid' END
                WHEN r.amount_fen IS DISTINCT FROM p.fen AND r.state = 'done'
                    THEN 'is of ' || r.amount_fen || ' fen, ' || coalesce(p.fen, 0) || ' are paid'
                ELSE 'its fields do not fit its state ' || r.state END, NULL::timestamptz
      FROM aftersales_refund r
      LEFT JOIN ledger_transaction t ON t.kind = 'refund_paid' AND t.source_type = 'refund'
                                    AND t.source_id = r.uuid::text
      LEFT JOIN (SELECT p.transaction_id, -sum(p.amount_fen) AS fen
                   FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
                  WHERE a.kind = 'stripe' GROUP BY 1) p ON p.transaction_id = t.id
     WHERE (r.state = 'done') <> (t.id IS NOT NULL)
        OR (r.state = 'done' AND r.amount_fen IS DISTINCT FROM p.fen)
        OR (r.state = 'done') <> (r.done_at IS NOT NULL)
        OR (r.state IN ('done', 'sent') AND r.stripe_refund_id IS NULL)
        OR r.state NOT IN ('decided', 'sent', 'done', 'failed')
"""  # noqa: S608
WAITING = f"""
    SELECT {NAMED}, 'is not done: ' || r.state
           || CASE WHEN r.error <> '' THEN ', ' || r.error ELSE '' END, r.created_at
      FROM aftersales_refund r WHERE r.state <> 'done'
"""  # noqa: S608
DUE = """
    SELECT 'account refund_due', 'owes ' || owed.fen || ' fen, the refunds that are not done '
           || waiting.fen, NULL::timestamptz
      FROM (SELECT coalesce(-sum(p.amount_fen), 0) AS fen
              FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
             WHERE a.kind = 'refund_due') owed,
           (SELECT coalesce(sum(amount_fen), 0) AS fen FROM aftersales_refund
             WHERE state <> 'done') waiting
     WHERE owed.fen <> waiting.fen
"""

CHECKS = (
    Check(
        "refunds.amounts",
        "SELECT count(*) FROM aftersales_refund",
        (AMOUNTS, GOODS_GONE, NOT_ABOVE, DONE, WAITING, DUE),
    ),
    Check(
        "refunds.lines",
        "SELECT count(*) FROM aftersales_refundline",
        (LINES, RESTOCKED, BY_PACKS, DECIDED),
    ),
)
