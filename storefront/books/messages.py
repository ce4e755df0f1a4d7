"""Messages: what a buyer must hear has its row, and no row waits for long."""

from storefront.books.base import Check

# Orders with an e-mail; members may have had none when they bought.
MISSING = """
    SELECT due.name, 'has no message ' || due.kind || ' ' || due.reference, NULL::timestamptz
      FROM (SELECT 'order ' || number AS name, 'confirmed' AS kind, 'order:' || id AS reference,
                   id AS order_id
              FROM order_order WHERE guest_email <> ''
            UNION ALL
            SELECT 'refund ' || r.uuid, 'refunded', 'refund:' || r.uuid, o.id
              FROM aftersales_refund r JOIN order_order o ON o.id = r.order_id
             WHERE r.state = 'done' AND o.guest_email <> ''
            UNION ALL
            SELECT 'payment ' || uuid, 'goods_gone', 'attempt:' || uuid, NULL
              FROM payments_paymentattempt
             WHERE state = 'refunded' AND snapshot->'contact'->>'email' <> ''
            UNION ALL
            SELECT 'consignment ' || c.number, 'shipped',
                   left('consignment:' || c.id || ':' || c.waybill, 80), o.id
              FROM routing_consignment c JOIN order_order o ON o.id = c.order_id
             WHERE c.state IN ('shipped', 'delivered') AND o.guest_email <> ''
            UNION ALL
            SELECT 'consignment ' || c.number, 'delivered',
                   left('consignment:' || c.id || ':' || c.waybill, 80), o.id
              FROM routing_consignment c JOIN order_order o ON o.id = c.order_id
             WHERE c.state = 'delivered' AND o.guest_email <> ''
           ) due
      LEFT JOIN notifications_message m
        ON m.kind = due.kind AND m.reference = due.reference
       AND m.order_id IS NOT DISTINCT FROM due.order_id
     WHERE m.id IS NULL
"""
# Also one about a waybill that was corrected since.
OWNED = """
    SELECT 'message ' || m.id || ' (' || m.kind || ' ' || m.reference || ')',
           'is not about a consignment of its order', NULL::timestamptz
      FROM notifications_message m
      LEFT JOIN routing_consignment c
        ON c.id = substring(m.reference from '^consignment:(\\d{1,18}):')::bigint
     WHERE m.kind IN ('shipped', 'delivered') AND (c.id IS NULL OR c.order_id <> m.order_id
                                                   OR m.order_id IS NULL)
"""
STATES = """
    SELECT 'message ' || id || ' (' || kind || ' ' || reference || ')',
           'its fields do not fit its state ' || state, NULL::timestamptz
      FROM notifications_message
     WHERE (state = 'sent') <> (sent_at IS NOT NULL) OR recipient = '' OR sent_at > %(now)s
        OR state NOT IN ('waiting', 'sent', 'failed')
    UNION ALL
    SELECT 'message ' || max(id), 'is there twice', NULL
      FROM notifications_message GROUP BY kind, reference HAVING count(*) > 1
"""
WAITING = """
    SELECT 'message ' || id || ' (' || kind || ' ' || reference || ')',
           'waits' || CASE WHEN error <> '' THEN ': ' || error ELSE '' END, created_at
      FROM notifications_message WHERE state = 'waiting'
"""

CHECKS = (
    Check(
        "messages.outbox",
        "SELECT count(*) FROM notifications_message",
        (MISSING, OWNED, STATES, WAITING),
    ),
)
