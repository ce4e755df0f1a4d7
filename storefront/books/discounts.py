"""Discounts: counted as they were used, cut as they were frozen, paid by whom they say."""

from storefront.books.base import Check

OFFER = "'offer ' || t.id"

COUNTERS = f"""
    SELECT {OFFER},
           'says ' || t.uses_held || ' uses held and ' || t.uses_done || ' done, of '
           || t.budget_held_fen || ' and ' || t.budget_done_fen || ' fen; its uses say '
           || coalesce(u.held, 0) || ' and ' || coalesce(u.done, 0) || ', of '
           || coalesce(u.held_fen, 0) || ' and ' || coalesce(u.done_fen, 0), NULL::timestamptz
      FROM discounts_terms t
      LEFT JOIN (SELECT terms_id, count(*) FILTER (WHERE state = 'held') AS held,
                        count(*) FILTER (WHERE state = 'used') AS done,
                        coalesce(sum(fen) FILTER (WHERE state = 'held'), 0) AS held_fen,
                        coalesce(sum(fen) FILTER (WHERE state = 'used'), 0) AS done_fen
                   FROM discounts_use GROUP BY terms_id) u ON u.terms_id = t.id
     WHERE (t.uses_held, t.uses_done, t.budget_held_fen, t.budget_done_fen)
           <> (coalesce(u.held, 0), coalesce(u.done, 0), coalesce(u.held_fen, 0),
               coalesce(u.done_fen, 0))
        OR t.uses_held + t.uses_done > t.uses_limit
        OR t.budget_held_fen + t.budget_done_fen > t.budget_fen
        OR (t.funder = 'host') <> (t.host_id IS NOT NULL)
        OR (t.funder = 'cooperative' AND t.partner_id IS NULL)
        OR t.funder NOT IN ('cooperative', 'programme', 'host')
"""  # noqa: S608
BUYERS = """
    SELECT 'offer ' || coalesce(c.terms_id, u.terms_id) || ' for ' || coalesce(c.key, u.key),
           'is counted ' || coalesce(c.uses, 0) || ' times, its uses are ' || coalesce(u.uses, 0),
           NULL::timestamptz
      FROM discounts_buyercount c
      FULL JOIN (SELECT terms_id, key.value AS key, count(*) AS uses
                   FROM discounts_use CROSS JOIN LATERAL jsonb_array_elements_text(buyer) AS key
                  WHERE state IN ('held', 'used') AND terms_id IS NOT NULL
                  GROUP BY terms_id, key.value) u ON u.terms_id = c.terms_id AND u.key = c.key
     WHERE coalesce(c.uses, 0) <> coalesce(u.uses, 0) OR c.uses > c.most
    UNION ALL
    SELECT 'offer ' || terms_id || ' for ' || key, 'is counted in two rows', NULL
      FROM discounts_buyercount GROUP BY terms_id, key HAVING count(*) > 1
"""

# A payment that froze an offer as it still is says the same of who pays, and where.
FROZEN_TERMS = f"""
    SELECT {OFFER}, 'is not what payment ' || a.uuid || ' froze of its version ' || t.version,
           NULL::timestamptz
      FROM payments_paymentattempt a
     CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'discounts') AS d(value)
      JOIN discounts_terms t ON t.id = (d.value->>'terms')::bigint
                            AND t.version = (d.value->>'version')::int
     WHERE (d.value->>'funder', d.value->'source'->>0, (d.value->'source'->>1)::bigint)
           IS DISTINCT FROM
           (t.funder, nullif(t.funder, 'cooperative'),
            CASE t.funder WHEN 'programme' THEN t.id WHEN 'host' THEN t.host_id END)
        OR (d.value->>'offer')::bigint <> t.offer_id
        OR (d.value->>'campaign')::bigint IS DISTINCT FROM t.campaign_id
        OR (d.value->>'per_buyer')::int IS DISTINCT FROM t.per_buyer
        OR EXISTS (SELECT 1 FROM jsonb_array_elements(d.value->'parts') AS cut(value)
                    WHERE t.partner_id <> (a.snapshot->'parts'->(cut.value->>0)::int
                                           ->>'partner_id')::bigint)
"""  # noqa: S608

# What a payment's snapshot takes off and pays by gift voucher, row by row.
FROZEN = """
    SELECT a.uuid, a.state, (d.value->>'terms')::bigint AS terms_id, NULL::bigint AS gift_id,
           (d.value->>'fen')::bigint AS fen, (d.value->>'voucher')::bigint AS voucher_id,
           CASE WHEN d.value->>'per_buyer' IS NULL THEN '[]'::jsonb
                ELSE a.snapshot->'buyer' END AS buyer
      FROM payments_paymentattempt a
     CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'discounts') AS d(value)
    UNION ALL
    SELECT a.uuid, a.state, NULL, (g.value->>'gift')::bigint, (g.value->>'fen')::bigint, NULL,
           '[]'::jsonb
      FROM payments_paymentattempt a
     CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'gifts') AS g(value)
"""
USES = f"""
    SELECT coalesce('use ' || u.id, 'payment ' || s.uuid),
           CASE WHEN s.uuid IS NULL THEN 'its payment''s snapshot takes nothing off by it'
                WHEN u.id IS NULL
                    THEN 'its offer ' || coalesce(s.terms_id::text, 'none')
                         || ' or gift voucher ' || coalesce(s.gift_id::text, 'none')
                         || ' has no use'
                ELSE 'is ' || u.state || ' and of ' || u.fen
                     || ' fen, which does not fit its payment'
           END, NULL::timestamptz
      FROM discounts_use u
      FULL JOIN ({FROZEN}) s ON s.uuid = u.attempt_id
       AND s.terms_id IS NOT DISTINCT FROM u.terms_id AND s.gift_id IS NOT DISTINCT FROM u.gift_id
     WHERE u.id IS NULL OR s.uuid IS NULL
        OR (u.fen, u.voucher_id, u.buyer) IS DISTINCT FROM (s.fen, s.voucher_id, s.buyer)
        OR NOT (CASE s.state WHEN 'open' THEN u.state IN ('held', 'released')
                     WHEN 'placed' THEN u.state = 'used' ELSE u.state = 'released' END)
    UNION ALL
    SELECT 'payment ' || attempt_id, 'uses an offer or gift voucher twice', NULL
      FROM discounts_use GROUP BY attempt_id, terms_id, gift_id HAVING count(*) > 1
"""  # noqa: S608

# A discount is the sum of its lines and of its parts, and each line's of its parts.
CUTS = """
    SELECT 'payment ' || a.uuid, 'its discount by offer ' || (d.value->>'terms')
           || ' is not the sum of its lines and parts', NULL::timestamptz
      FROM payments_paymentattempt a
     CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'discounts') AS d(value)
     WHERE (d.value->>'fen')::bigint IS DISTINCT FROM
           (SELECT sum((cut.value->>1)::bigint)
              FROM jsonb_array_elements(d.value->'lines') AS cut(value))
        OR EXISTS (
           SELECT 1
             FROM (SELECT (cut.value->>0)::int AS line, (cut.value->>1)::bigint AS fen
                     FROM jsonb_array_elements(d.value->'lines') AS cut(value)) line
             FULL JOIN (SELECT (part.value->>'line')::int AS line,
                               sum((cut.value->>1)::bigint) AS fen
                          FROM jsonb_array_elements(d.value->'parts') AS cut(value)
                          JOIN jsonb_array_elements(a.snapshot->'parts')
                               WITH ORDINALITY AS part(value, number)
                            ON part.number - 1 = (cut.value->>0)::int
                         GROUP BY 1) part ON part.line = line.line
            WHERE line.fen IS DISTINCT FROM part.fen)
"""
# What a cooperative takes off is off what its parts sell for; what others do is a source of it.
FUNDED = """
    SELECT 'payment ' || a.uuid, 'what its parts sell for, and who pays, is not what its discounts '
           || 'and gift vouchers say', NULL::timestamptz
      FROM payments_paymentattempt a
     CROSS JOIN LATERAL (
           SELECT (SELECT sum(coalesce((value->>'due_fen')::bigint,
                                       (value->>'unit_fen')::bigint * (value->>'packs')::bigint))
                     FROM jsonb_array_elements(a.snapshot->'lines')) AS shelf,
                  (SELECT sum((value->>'net_fen')::bigint)
                     FROM jsonb_array_elements(a.snapshot->'parts')) AS net,
                  (SELECT coalesce(sum((value->>'fen')::bigint), 0)
                     FROM jsonb_array_elements(a.snapshot->'discounts')
                    WHERE value->>'funder' = 'cooperative') AS own) sums
     WHERE sums.net <> sums.shelf - sums.own
        OR EXISTS (
           SELECT 1
             FROM (SELECT value->'source'->>0 AS kind, value->'source'->>1 AS reference,
                          sum((value->>'fen')::bigint) AS fen
                     FROM jsonb_array_elements(a.snapshot->'discounts')
                    WHERE value->>'funder' <> 'cooperative' GROUP BY 1, 2
                    UNION ALL
                   SELECT 'gift', value->>'gift', sum((value->>'fen')::bigint)
                     FROM jsonb_array_elements(a.snapshot->'gifts') GROUP BY 2) said
             FULL JOIN (
                  SELECT source.value->>0 AS kind, source.value->>1 AS reference,
                         sum((source.value->>2)::bigint) AS fen
                    FROM (SELECT value FROM jsonb_array_elements(a.snapshot->'parts')
                          UNION ALL
                          SELECT value FROM jsonb_array_elements(a.snapshot->'freight')) row_of
                   CROSS JOIN LATERAL jsonb_array_elements(row_of.value->'sources') AS source(value)
                   GROUP BY 1, 2) paid
               ON paid.kind = said.kind AND paid.reference = said.reference
            WHERE said.fen IS DISTINCT FROM paid.fen)
"""
# Oscar's rows of an order's discounts, line by line.
ORDERS = """
    SELECT 'order ' || coalesce(said.order_id, written.order_id),
           'its discount by offer ' || coalesce(said.offer_id, written.offer_id) || ' on line '
           || coalesce(said.place, written.place) || ' is ' || coalesce(said.fen, 0)
           || ' fen in its payment''s snapshot, ' || coalesce(written.fen, 0) || ' in its rows',
           NULL::timestamptz
      FROM (SELECT a.order_id, (d.value->>'offer')::bigint AS offer_id, d.value->>'code' AS code,
                   (cut.value->>0)::bigint AS place, (cut.value->>1)::bigint AS fen
              FROM payments_paymentattempt a
             CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'discounts') AS d(value)
             CROSS JOIN LATERAL jsonb_array_elements(d.value->'lines') AS cut(value)
             WHERE a.order_id IS NOT NULL) said
      FULL JOIN (SELECT d.order_id, d.offer_id::bigint AS offer_id, d.voucher_code AS code,
                        l.place, sum(part.amount) * 100 AS fen
                   FROM order_orderdiscount d
                   LEFT JOIN order_orderlinediscount part ON part.order_discount_id = d.id
                   LEFT JOIN (SELECT id, order_id, row_number() OVER (
                                         PARTITION BY order_id ORDER BY id) - 1 AS place
                                FROM order_line) l
                     ON l.id = part.line_id AND l.order_id = d.order_id
                  GROUP BY d.order_id, d.offer_id, d.voucher_code, l.place) written
        ON written.order_id = said.order_id AND written.offer_id = said.offer_id
       AND written.code = said.code AND written.place = said.place
     WHERE said.fen IS DISTINCT FROM written.fen
    UNION ALL
    SELECT 'order discount ' || d.id, 'is not the sum of its lines', NULL
      FROM order_orderdiscount d
     WHERE d.amount IS DISTINCT FROM (SELECT sum(amount) FROM order_orderlinediscount
                                       WHERE order_discount_id = d.id)
"""

# Who paid for a line or a freight, by the snapshot, and what of it went back.
SOURCES = """
    SELECT 'consignment ' || coalesce(said.consignment_id, s.consignment_id) || ', '
           || coalesce('line ' || nullif(coalesce(said.line_id, s.line_id), 0), 'freight'),
           coalesce(said.kind, s.kind) || ' ' || coalesce(said.reference, s.reference) || ' paid '
           || coalesce(said.fen, 0) || ' fen by its payment''s snapshot, '
           || coalesce(s.fen, 0) || ' by its sources', NULL::timestamptz
      FROM (SELECT c.id AS consignment_id, line.id AS line_id, source.value->>0 AS kind,
                   (source.value->>1)::bigint AS reference, (source.value->>2)::bigint AS fen
              FROM payments_paymentattempt a
             CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'parts') AS part(value)
             CROSS JOIN LATERAL jsonb_array_elements(part.value->'sources') AS source(value)
              JOIN routing_consignment c ON c.order_id = a.order_id
                                        AND c.partner_id = (part.value->>'partner_id')::bigint
              JOIN (SELECT line.*, dense_rank() OVER (PARTITION BY c.order_id
                                                      ORDER BY line.order_line_id) - 1 AS place
                      FROM routing_consignmentline line
                      JOIN routing_consignment c ON c.id = line.consignment_id) line
                ON line.consignment_id = c.id AND line.place = (part.value->>'line')::int
             UNION ALL
            SELECT c.id, 0, source.value->>0, (source.value->>1)::bigint,
                   (source.value->>2)::bigint
              FROM payments_paymentattempt a
             CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'freight') AS f(value)
             CROSS JOIN LATERAL jsonb_array_elements(f.value->'sources') AS source(value)
              JOIN routing_consignment c ON c.order_id = a.order_id
                                        AND c.partner_id = (f.value->>'partner_id')::bigint) said
      FULL JOIN (SELECT consignment_id, coalesce(consignment_line_id, 0) AS line_id, kind,
                        reference, sum(fen) AS fen
                   FROM routing_linesource WHERE kind <> 'buyer' GROUP BY 1, 2, 3, 4) s
        ON s.consignment_id = said.consignment_id AND s.line_id = said.line_id
       AND s.kind = said.kind AND s.reference = said.reference
     WHERE said.fen IS DISTINCT FROM s.fen
"""
SOLD = """
    SELECT 'consignment ' || s.consignment_id || ', '
           || coalesce('line ' || s.consignment_line_id, 'freight'),
           'sold for ' || coalesce(line.net_fen, c.freight_fen) || ' fen of which '
           || coalesce(line.refunded_fen, c.freight_refunded_fen) || ' went back, its sources paid '
           || s.fen || ' and had ' || s.refunded || ' back', NULL::timestamptz
      FROM (SELECT consignment_id, consignment_line_id, sum(fen) AS fen,
                   sum(refunded_fen) AS refunded, bool_or(refunded_fen > fen) AS above,
                   bool_or((kind = 'buyer') <> (reference = 0)) AS strange
              FROM routing_linesource GROUP BY 1, 2) s
      JOIN routing_consignment c ON c.id = s.consignment_id
      LEFT JOIN routing_consignmentline line ON line.id = s.consignment_line_id
     WHERE s.fen <> coalesce(line.net_fen, c.freight_fen) OR s.above OR s.strange
        OR s.refunded <> coalesce(line.refunded_fen, c.freight_refunded_fen)
        OR line.consignment_id <> s.consignment_id
"""
GIVEN_BACK = """
    SELECT 'consignment ' || coalesce(s.consignment_id, b.consignment_id),
           coalesce(b.fen, 0) || ' fen are booked as given back to ' || coalesce(s.kind, b.kind)
           || ', its sources had ' || coalesce(s.fen, 0) || ' back', NULL::timestamptz
      FROM (SELECT consignment_id, kind, sum(refunded_fen) AS fen FROM routing_linesource
             WHERE kind <> 'buyer' GROUP BY 1, 2 HAVING sum(refunded_fen) <> 0) s
      FULL JOIN (SELECT split_part(t.source_id, ':', 2)::bigint AS consignment_id,
                        CASE a.kind WHEN 'programme_expense' THEN 'programme' ELSE a.kind END
                            AS kind, -sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id AND p.amount_fen < 0
                                        AND p.consignment_line_id IS NULL
                   JOIN ledger_account a ON a.id = p.account_id
                    AND a.kind IN ('gift', 'host', 'programme_expense')
                  WHERE t.kind = 'refund_decided' GROUP BY 1, 2) b
        ON b.consignment_id = s.consignment_id AND b.kind = s.kind
     WHERE s.fen IS DISTINCT FROM b.fen
"""

GIFT = "'gift voucher ' || g.id"
BALANCES = f"""
    SELECT {GIFT}, 'has ' || g.balance_fen || ' fen free and ' || g.held_fen
           || ' held, its journal says ' || coalesce(m.balance, 0) || ' and '
           || coalesce(m.held, 0), NULL::timestamptz
      FROM discounts_gift g
      LEFT JOIN (SELECT gift_id, sum(balance_fen) AS balance, sum(held_fen) AS held,
                        sum(balance_fen) FILTER (WHERE cause = 'issued') AS issued
                   FROM discounts_giftmove GROUP BY gift_id) m ON m.gift_id = g.id
     WHERE (g.balance_fen, g.held_fen) <> (coalesce(m.balance, 0), coalesce(m.held, 0))
        OR g.balance_fen < 0 OR g.held_fen < 0 OR g.issued_fen IS DISTINCT FROM m.issued
        OR (g.funder <> 'programme') <> (g.reference <> '')
    UNION ALL
    SELECT {GIFT}, 'has ended and has ' || g.balance_fen || ' fen left', g.valid_until
      FROM discounts_gift g WHERE g.balance_fen > 0 AND g.valid_until <= %(now)s
"""  # noqa: S608
OWED = """
    SELECT 'account gift', 'owes ' || owed.fen || ' fen, gift vouchers are good for ' || good.fen,
           NULL::timestamptz
      FROM (SELECT coalesce(-sum(p.amount_fen), 0) AS fen FROM ledger_posting p
              JOIN ledger_account a ON a.id = p.account_id WHERE a.kind = 'gift') owed,
           (SELECT coalesce(sum(balance_fen + held_fen), 0) AS fen FROM discounts_gift) good
     WHERE owed.fen <> good.fen
"""
# Each payment's moves come to what its use says; what refunds gave back, to the sources'.
MOVES = """
    SELECT 'gift voucher ' || coalesce(u.gift_id, m.gift_id) || ' in payment '
           || coalesce(u.attempt_id::text, m.reference),
           'is ' || coalesce(u.state, 'not used') || ' with ' || coalesce(u.fen, 0)
           || ' fen, its journal moved ' || coalesce(m.balance, 0) || ' and '
           || coalesce(m.held, 0), NULL::timestamptz
      FROM (SELECT * FROM discounts_use WHERE gift_id IS NOT NULL) u
      FULL JOIN (SELECT gift_id, reference, sum(balance_fen) AS balance, sum(held_fen) AS held,
                        bool_and(CASE cause WHEN 'held' THEN balance_fen = -held_fen
                                                         AND held_fen > 0
                                            WHEN 'released' THEN balance_fen = -held_fen
                                                             AND balance_fen > 0
                                            ELSE balance_fen <= 0 AND held_fen <= 0 END) AS fits
                   FROM discounts_giftmove WHERE cause IN ('held', 'released', 'spent')
                  GROUP BY gift_id, reference) m
        ON m.gift_id = u.gift_id AND m.reference = 'attempt:' || u.attempt_id
     WHERE u.id IS NULL OR m.gift_id IS NULL OR NOT m.fits
        OR (m.balance, m.held) IS DISTINCT FROM
           (CASE u.state WHEN 'released' THEN 0 ELSE -u.fen END,
            CASE u.state WHEN 'held' THEN u.fen ELSE 0 END)
    UNION ALL
    SELECT 'gift voucher ' || m.gift_id, 'had ' || m.fen || ' fen back, its sources say '
           || coalesce(s.fen, 0), NULL
      FROM (SELECT gift_id, sum(balance_fen) AS fen FROM discounts_giftmove
             WHERE cause = 'refunded' GROUP BY gift_id) m
      LEFT JOIN (SELECT reference, sum(refunded_fen) AS fen FROM routing_linesource
                  WHERE kind = 'gift' GROUP BY reference) s ON s.reference = m.gift_id
     WHERE m.fen IS DISTINCT FROM s.fen
    UNION ALL
    SELECT 'gift move ' || m.id, 'names ' || m.reference || ', which gave nothing back', NULL
      FROM discounts_giftmove m
     WHERE m.cause = 'refunded' AND (m.balance_fen <= 0 OR m.held_fen <> 0 OR NOT EXISTS (
           SELECT 1 FROM ledger_transaction t
             JOIN ledger_posting p ON p.transaction_id = t.id
             JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'gift'
            WHERE t.kind = 'refund_decided' AND 'refund:' || t.source_id = m.reference))
    UNION ALL
    SELECT 'gift move ' || m.id, 'is not booked', NULL
      FROM discounts_giftmove m
      LEFT JOIN ledger_transaction t
        ON t.source_type = 'gift' AND t.kind = 'gift_' || m.cause
       AND t.source_id = CASE m.cause WHEN 'issued' THEN m.gift_id::text ELSE m.reference END
      LEFT JOIN (SELECT p.transaction_id, -sum(p.amount_fen) AS fen FROM ledger_posting p
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'gift'
                  GROUP BY 1) booked ON booked.transaction_id = t.id
     WHERE m.cause IN ('issued', 'expired')
       AND (booked.fen IS DISTINCT FROM m.balance_fen OR m.held_fen <> 0
            OR split_part(t.source_id, ':', 1) <> m.gift_id::text
            OR (m.cause = 'issued') <> (m.reference = ''))
"""
PAID_FOR = f"""
    SELECT {GIFT}, 'is ' || g.funder || ', and not booked on that account', NULL::timestamptz
      FROM discounts_gift g
      LEFT JOIN ledger_transaction t ON t.kind = 'gift_issued' AND t.source_type = 'gift'
                                    AND t.source_id = g.id::text
      LEFT JOIN (SELECT p.transaction_id, min(a.kind) AS kind FROM ledger_posting p
                   JOIN ledger_account a ON a.id = p.account_id WHERE p.amount_fen > 0
                  GROUP BY 1) paid ON paid.transaction_id = t.id
     WHERE paid.kind IS DISTINCT FROM CASE g.funder WHEN 'programme' THEN 'programme_expense'
                                           ELSE g.funder END
"""  # noqa: S608

HOSTS = """
    SELECT 'host payment ' || h.id, 'is of ' || h.amount_fen || ' fen, booked with '
           || coalesce(b.fen, 0), NULL::timestamptz
      FROM discounts_hostpayment h
      LEFT JOIN (SELECT t.source_id, -sum(p.amount_fen) AS fen FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'host'
                  WHERE t.kind = 'host_paid' GROUP BY 1) b ON b.source_id = h.id::text
     WHERE h.amount_fen IS DISTINCT FROM b.fen
    UNION ALL
    SELECT 'account host', 'claims ' || booked.fen || ' fen, hosts owe ' || owed.fen - paid.fen,
           NULL
      FROM (SELECT coalesce(sum(p.amount_fen), 0) AS fen FROM ledger_posting p
              JOIN ledger_account a ON a.id = p.account_id WHERE a.kind = 'host') booked,
           (SELECT coalesce(sum(s.fen - s.refunded_fen), 0) AS fen
              FROM routing_linesource s JOIN discounts_host h ON h.id = s.reference
             WHERE s.kind = 'host') owed,
           (SELECT coalesce(sum(amount_fen), 0) AS fen FROM discounts_hostpayment) paid
     WHERE booked.fen <> owed.fen - paid.fen
"""

CHECKS = (
    Check(
        "discounts.offers", "SELECT count(*) FROM discounts_terms", (COUNTERS, BUYERS, FROZEN_TERMS)
    ),
    Check("discounts.uses", "SELECT count(*) FROM discounts_use", (USES, CUTS, FUNDED, ORDERS)),
    Check(
        "discounts.sources",
        "SELECT count(*) FROM routing_linesource",
        (SOURCES, SOLD, GIVEN_BACK),
    ),
    Check(
        "discounts.gifts",
        "SELECT count(*) FROM discounts_gift",
        (BALANCES, OWED, MOVES, PAID_FOR),
    ),
    Check("discounts.hosts", "SELECT count(*) FROM discounts_hostpayment", (HOSTS,)),
)
