"""Messages: what a buyer must hear has its row, none waits for long, and each goes where it may."""

from storefront.books.base import Check

# Orders whose buyer can be reached; members may have had no address when they bought. Before
# there were other channels than mail, a buyer with a phone alone got nothing.
REACHED = """
    (o.guest_email <> '' OR o.contact_phone <> '' AND o.date_placed > (
        SELECT max(applied) FROM django_migrations
         WHERE app = 'notifications' AND name = '0004_channels_wording_preferences'))
"""
MISSING = f"""
    SELECT due.name, 'has no message ' || due.kind || ' ' || due.reference, NULL::timestamptz
      FROM (SELECT 'order ' || o.number AS name, 'confirmed' AS kind,
                   'order:' || o.id AS reference, o.id AS order_id
              FROM order_order o WHERE {REACHED}
            UNION ALL
            SELECT 'refund ' || r.uuid, 'refunded', 'refund:' || r.uuid, o.id
              FROM aftersales_refund r JOIN order_order o ON o.id = r.order_id
             WHERE r.state = 'done' AND r.paid_from <> 'disputed' AND {REACHED}
            UNION ALL
            SELECT 'payment ' || uuid, 'goods_gone', 'attempt:' || uuid, NULL
              FROM payments_paymentattempt
             WHERE state = 'refunded' AND snapshot->'contact'->>'email' <> ''
            UNION ALL
            SELECT 'consignment ' || c.number, 'shipped',
                   left('consignment:' || c.id || ':' || c.waybill, 80), o.id
              FROM routing_consignment c JOIN order_order o ON o.id = c.order_id
             WHERE c.state IN ('shipped', 'delivered') AND {REACHED}
            UNION ALL
            SELECT 'consignment ' || c.number, 'delivered',
                   left('consignment:' || c.id || ':' || c.waybill, 80), o.id
              FROM routing_consignment c JOIN order_order o ON o.id = c.order_id
             WHERE c.state = 'delivered' AND {REACHED}
           ) due
      LEFT JOIN notifications_message m
        ON m.kind = due.kind AND m.reference = due.reference
       AND m.order_id IS NOT DISTINCT FROM due.order_id
     WHERE m.id IS NULL
"""  # noqa: S608
NAME = "'message ' || m.id || ' (' || m.kind || ' ' || m.reference || ' ' || m.channel || ')'"
# Also one about a waybill that was corrected since.
OWNED = f"""
    SELECT {NAME}, 'is not about what it names, or not of its order', NULL::timestamptz
      FROM notifications_message m
      LEFT JOIN routing_consignment c
        ON c.id = substring(m.reference from '^consignment:(\\d{{1,18}}):')::bigint
      LEFT JOIN aftersales_refund r ON 'refund:' || r.uuid = m.reference
      LEFT JOIN payments_paymentattempt a ON 'attempt:' || a.uuid = m.reference
     WHERE CASE WHEN m.kind IN ('shipped', 'delivered', 'ready') THEN c.order_id = m.order_id
                WHEN m.kind = 'confirmed' THEN m.reference = 'order:' || m.order_id
                WHEN m.kind = 'refunded' THEN r.order_id = m.order_id
                WHEN m.kind = 'goods_gone' THEN a.uuid IS NOT NULL AND m.order_id IS NULL
                WHEN m.kind = 'case' THEN m.order_id IS NOT NULL AND m.reference LIKE 'case:%%'
                WHEN m.kind IN ('reminder', 'live')
                THEN m.order_id IS NULL AND m.reference LIKE 'reminder:%%'
           END IS NOT TRUE
"""  # noqa: S608
STATES = f"""
    SELECT {NAME}, 'its fields do not fit its state ' || state, NULL::timestamptz
      FROM notifications_message m
     WHERE (state = 'sent') <> (sent_at IS NOT NULL) OR sent_at > %(now)s
        OR state NOT IN ('waiting', 'sent', 'failed', 'unwanted')
        OR state = 'sent' AND text = '' AND created_at > (
            SELECT max(applied) FROM django_migrations
             WHERE app = 'notifications' AND name = '0004_channels_wording_preferences')
    UNION ALL
    SELECT {NAME}, 'cannot go to ' || CASE WHEN recipient = '' THEN 'nobody'
           ELSE 'its recipient by this channel' END, NULL
      FROM notifications_message m
     WHERE CASE channel WHEN 'mail' THEN recipient LIKE '%%_@_%%'
                        WHEN 'sms' THEN recipient ~ '^[+0-9]+$'
                        WHEN 'wechat' THEN recipient ~ '^[+0-9]+$' END IS NOT TRUE
    UNION ALL
    SELECT 'message ' || max(id), 'is there twice', NULL
      FROM notifications_message GROUP BY kind, reference, channel HAVING count(*) > 1
"""  # noqa: S608
# What was left unsaid: only what a buyer may do without, and only by their own choice.
UNWANTED = f"""
    SELECT {NAME}, 'was not sent, though the buyer must hear of it', NULL::timestamptz
      FROM notifications_message m
     WHERE state = 'unwanted' AND kind NOT IN ('shipped', 'delivered', 'ready', 'reminder',
                                             'live')
    UNION ALL
    SELECT {NAME}, 'was not sent, though no choice of the buyer says so', NULL
      FROM notifications_message m JOIN order_order o ON o.id = m.order_id
     WHERE m.state = 'unwanted' AND NOT EXISTS (
           SELECT 1 FROM notifications_preference p
            WHERE p.choices ? m.kind
              AND CASE WHEN o.user_id IS NOT NULL THEN p.user_id = o.user_id
                       ELSE p.contact = coalesce(nullif(lower(o.guest_email), ''),
                                                 o.contact_phone) END)
    UNION ALL
    SELECT {NAME}, 'is kept as not wanted and also sent', NULL
      FROM notifications_message m
     WHERE state = 'unwanted' AND EXISTS (
           SELECT 1 FROM notifications_message s
            WHERE s.kind = m.kind AND s.reference = m.reference AND s.id <> m.id)
"""  # noqa: S608
WAITING = f"""
    SELECT {NAME}, 'waits' || CASE WHEN error <> '' THEN ': ' || error ELSE '' END,
           coalesce(resent_at, created_at)
      FROM notifications_message m WHERE state = 'waiting'
"""  # noqa: S608
PREFERENCES = """
    SELECT 'preference ' || p.id, 'belongs to nobody, or to a member and a guest', NULL::timestamptz
      FROM notifications_preference p WHERE (user_id IS NULL) = (contact = '')
    UNION ALL
    SELECT 'preference ' || p.id, 'chose what nobody can: ' || one.kind || ' ' || one.names, NULL
      FROM notifications_preference p, jsonb_each(p.choices) AS one(kind, names)
     WHERE one.kind NOT IN ('confirmed', 'shipped', 'ready', 'delivered', 'refunded', 'case',
                            'reminder', 'live')
        OR NOT one.names <@ '["mail", "sms", "wechat"]'
        OR one.kind IN ('confirmed', 'refunded', 'case') AND one.names = '[]'
"""
WORDING = """
    SELECT 'wording ' || kind || ' ' || language || ' ' || channel,
           'its versions are not 1, 2, 3 …', NULL::timestamptz
      FROM notifications_messagetext GROUP BY kind, language, channel
    HAVING min(version) <> 1 OR max(version) <> count(*)
    UNION ALL
    SELECT 'wording ' || id, 'is of nothing that is sent', NULL
      FROM notifications_messagetext
     WHERE kind NOT IN ('confirmed', 'goods_gone', 'shipped', 'ready', 'delivered', 'refunded',
                        'case', 'reminder', 'live')
        OR channel NOT IN ('mail', 'sms', 'wechat') OR language NOT IN ('zh-hans', 'en')
        OR channel = 'mail' AND (subject = '') <> (body = '')
"""

CHECKS = (
    Check(
        "messages.outbox",
        "SELECT count(*) FROM notifications_message",
        (MISSING, OWNED, STATES, UNWANTED, WAITING),
    ),
    Check(
        "messages.choices",
        "SELECT count(*) FROM notifications_preference",
        (PREFERENCES,),
    ),
    Check("messages.wording", "SELECT count(*) FROM notifications_messagetext", (WORDING,)),
)
