"""Sales on other platforms: each is what the platform's export said, and each has its order."""

from storefront.books.base import Check

ORDERS = """
    SELECT coalesce('order ' || o.number, 'sub-order ' || sold.order_number || ' ' || sold.part),
           CASE WHEN sold.id IS NULL THEN 'was sold on another platform, and no export says so'
                WHEN o.id IS NULL THEN 'its order was not sold on another platform'
                ELSE 'is not what its export said: packs, product, money or what was given back'
           END, NULL::timestamptz
      FROM (SELECT * FROM platforms_platformline WHERE order_id IS NOT NULL) sold
      FULL JOIN (SELECT * FROM order_order WHERE channel = 'platform') o ON o.id = sold.order_id
      LEFT JOIN (SELECT order_id, min(upc) AS upc, sum(quantity) AS quantity, count(*) AS lines
                   FROM order_line GROUP BY order_id) line ON line.order_id = o.id
      LEFT JOIN (SELECT order_id, sum(buyer_fen) AS fen FROM aftersales_refund
                  WHERE state = 'done' AND paid_from = 'platform' GROUP BY order_id
                ) back ON back.order_id = o.id
     WHERE sold.id IS NULL OR o.id IS NULL OR line.lines IS DISTINCT FROM 1
        OR (sold.sku, sold.quantity, sold.amount_fen, sold.refunded_fen)
           IS DISTINCT FROM (line.upc, line.quantity, o.total_incl_tax * 100,
                             coalesce(back.fen, 0))
"""
SESSIONS = """
    SELECT 'sub-order ' || sold.order_number || ' ' || sold.part,
           'belongs to session ' || coalesce(sold.session_id::text, 'none')
           || ', its order line is credited to '
           || coalesce(a.evidence->>'session', 'none'), NULL::timestamptz
      FROM platforms_platformline sold
      JOIN order_line line ON line.order_id = sold.order_id
      LEFT JOIN campaigns_lineattribution a
        ON a.order_line_id = line.id AND a.replaces_id IS NULL
      LEFT JOIN live_sessions_livesession session ON session.id = sold.session_id
     WHERE sold.session_id::text IS DISTINCT FROM a.evidence->>'session'
        OR session.campaign_id IS DISTINCT FROM a.campaign_id
        OR a.rule IS DISTINCT FROM CASE WHEN sold.session_id IS NULL THEN 'none' ELSE 'platform' END
"""
# Nobody but the importer gives it back, and it knows what the platform said.
PAID_BACK = """
    SELECT 'refund ' || r.uuid, 'is not paid where its order was paid', NULL::timestamptz
      FROM aftersales_refund r JOIN payments_paymentattempt a ON a.uuid = r.attempt_id
     WHERE (r.paid_from = 'platform') <> (a.gateway = 'platform')
"""
# Each row once in the ledger, to the fen; and its sub-order, as its settlements say.
SETTLED = """
    SELECT 'settlement ' || coalesce(s.id::text, booked.source_id),
           'is not booked as the platform settled it', NULL::timestamptz
      FROM platforms_platformsettlement s
      FULL JOIN (
            SELECT t.source_id,
                   coalesce(sum(p.amount_fen) FILTER (WHERE a.kind = 'bank'), 0) AS bank,
                   coalesce(sum(p.amount_fen) FILTER (WHERE a.kind = 'platform'), 0) AS platform
              FROM ledger_transaction t
              JOIN ledger_posting p ON p.transaction_id = t.id
              JOIN ledger_account a ON a.id = p.account_id
             WHERE t.kind = 'platform_settled' GROUP BY 1
           ) booked ON booked.source_id = s.id::text
     WHERE (booked.bank, booked.platform) IS DISTINCT FROM (s.settled_fen, -s.gross_fen)
    UNION ALL
    SELECT 'sub-order ' || sold.order_number || ' ' || sold.part,
           CASE WHEN sold.settled_at IS DISTINCT FROM s.first_at
                    THEN 'is not settled when its first settlement says so'
                ELSE 'was settled for ' || s.fen || ' fen, sold for ' || sold.amount_fen
                     || ', given back ' || sold.refunded_fen || ', before that '
                     || s.returned_fen END, NULL
      FROM platforms_platformline sold
      LEFT JOIN (SELECT line_id, (array_agg(at ORDER BY id))[1] AS first_at,
                        (array_agg(returned_fen ORDER BY id))[1] AS returned_fen,
                        sum(gross_fen) AS fen
                   FROM platforms_platformsettlement GROUP BY 1) s ON s.line_id = sold.id
     WHERE sold.settled_at IS DISTINCT FROM s.first_at
        OR s.fen NOT BETWEEN sold.amount_fen - sold.refunded_fen
                         AND sold.amount_fen - s.returned_fen
"""

CHECKS = (
    Check(
        "platforms.orders",
        "SELECT count(*) FROM platforms_platformline",
        (ORDERS, SESSIONS, PAID_BACK, SETTLED),
    ),
)
