"""The ledger: it balances, each transaction has its event, each leg stands where it belongs."""

from storefront.books.base import Check

NAMED = "'ledger transaction ' || t.id || ' (' || t.kind || ')'"

BALANCES = f"""
    SELECT {NAMED},
           CASE WHEN coalesce(s.legs, 0) < 2 THEN 'has ' || coalesce(s.legs, 0) || ' legs'
                WHEN s.total <> 0 THEN 'its legs sum to ' || s.total || ' fen'
                ELSE 'its legs are not all of cooperative ' || coalesce(t.partner_id::text, 'none')
           END, NULL::timestamptz
      FROM ledger_transaction t
      LEFT JOIN (SELECT p.transaction_id, count(*) AS legs, sum(p.amount_fen) AS total,
                        min(a.partner_id) AS first, max(a.partner_id) AS last
                   FROM ledger_posting p LEFT JOIN ledger_account a ON a.id = p.account_id
                  GROUP BY p.transaction_id) s ON s.transaction_id = t.id
     WHERE coalesce(s.legs, 0) < 2 OR s.total <> 0
        OR s.first IS DISTINCT FROM t.partner_id OR s.last IS DISTINCT FROM t.partner_id
"""  # noqa: S608
WHOLE = """
    SELECT 'the ledger', 'all postings sum to ' || sum(amount_fen) || ' fen', NULL::timestamptz
      FROM ledger_posting HAVING sum(amount_fen) <> 0
"""
ZERO = """
    SELECT 'posting ' || id, 'is of 0 fen', NULL::timestamptz
      FROM ledger_posting WHERE amount_fen = 0
"""

# Which owners an account of each kind has: cooperative, household, sales pool.
ACCOUNTS = """
    SELECT 'account ' || a.id || ' (' || a.kind || ')', 'is not of whom such an account is',
           NULL::timestamptz
      FROM ledger_account a
      LEFT JOIN households_household h ON h.id = a.household_id
      LEFT JOIN settlement_salespool sp ON sp.id = a.sales_pool_id
      LEFT JOIN partner_stockpool pool ON pool.id = sp.pool_id
      LEFT JOIN (VALUES ('stripe', false, false, false), ('cash', false, false, false),
                        ('refund_due', false, false, false), ('bank', false, false, false),
                        ('organisation', false, false, false), ('platform', false, false, false),
                        ('programme_expense', false, false, false),
                        ('gift', false, false, false), ('host', false, false, false),
                        ('disputed', false, false, false), ('carrier_claim', false, false, false),
                        ('sales', true, false, false), ('freight', true, false, false),
                        ('service_fee', true, false, false), ('village_fund', true, false, false),
                        ('pool', true, false, true), ('pending', true, true, false),
                        ('available', true, true, false), ('purchases', true, false, false),
                        ('surplus', true, false, false)
                ) AS k(kind, partner, household, sales_pool) ON k.kind = a.kind
     WHERE k.partner IS DISTINCT FROM (a.partner_id IS NOT NULL)
        OR k.household IS DISTINCT FROM (a.household_id IS NOT NULL)
        OR k.sales_pool IS DISTINCT FROM (a.sales_pool_id IS NOT NULL)
        OR (a.household_id IS NOT NULL AND h.partner_id IS DISTINCT FROM a.partner_id)
        OR (a.sales_pool_id IS NOT NULL AND pool.partner_id IS DISTINCT FROM a.partner_id)
"""
ACCOUNT_ONCE = """
    SELECT 'account ' || max(a.id) || ' (' || a.kind || ')', 'is there twice', NULL::timestamptz
      FROM ledger_account a GROUP BY a.kind, a.partner_id, a.household_id, a.sales_pool_id
    HAVING count(*) > 1
"""

# Where the legs of each kind of transaction may stand, and which of them name a line.
LEGS = f"""
    SELECT 'posting ' || p.id || ' of ' || {NAMED},
           CASE WHEN shape.account IS NULL THEN 'such a transaction has no leg on ' || a.kind
                WHEN shape.line <> (p.consignment_line_id IS NOT NULL)
                    THEN 'names a consignment line where none belongs, or none where one does'
                WHEN consignment.partner_id <> t.partner_id
                    THEN 'its consignment line is of another cooperative'
                ELSE 'names another sales pool than its account, or its sharing-out' END,
           NULL::timestamptz
      FROM ledger_posting p
      JOIN ledger_transaction t ON t.id = p.transaction_id
      JOIN ledger_account a ON a.id = p.account_id
      LEFT JOIN ledger_transaction original ON original.id = t.reverses_id
      LEFT JOIN routing_consignmentline line ON line.id = p.consignment_line_id
      LEFT JOIN routing_consignment consignment ON consignment.id = line.consignment_id
      LEFT JOIN settlement_sharingout sharing
        ON t.kind = 'shared' AND sharing.id::text = t.source_id
      LEFT JOIN (VALUES
            ('sale', 'stripe', false), ('sale', 'sales', true), ('sale', 'freight', false),
            ('sale', 'bank', false), ('sale', 'cash', false), ('sale', 'platform', false),
            ('goods_gone', 'bank', false), ('goods_gone', 'cash', false),
            ('stripe_fee', 'programme_expense', false), ('stripe_fee', 'stripe', false),
            ('payout', 'bank', false), ('payout', 'stripe', false),
            ('sale', 'gift', false), ('sale', 'bank', false), ('sale', 'cash', false),
            ('sale', 'programme_expense', false), ('sale', 'host', false),
            ('gift_issued', 'gift', false), ('gift_issued', 'programme_expense', false),
            ('gift_issued', 'bank', false), ('gift_issued', 'cash', false),
            ('gift_expired', 'gift', false), ('gift_expired', 'programme_expense', false),
            ('host_paid', 'bank', false), ('host_paid', 'host', false),
            ('platform_settled', 'bank', false), ('platform_settled', 'platform', false),
            ('platform_settled', 'programme_expense', false),
            ('refund_decided', 'gift', false), ('refund_decided', 'host', false),
            ('goods_gone', 'stripe', false), ('goods_gone', 'refund_due', false),
            ('packed', 'sales', true), ('packed', 'pool', true),
            ('shared', 'pool', false), ('shared', 'service_fee', false),
            ('shared', 'village_fund', false), ('shared', 'pending', false),
            ('shared', 'available', false),
            ('refund_decided', 'sales', true), ('refund_decided', 'pool', true),
            ('refund_decided', 'freight', false), ('refund_decided', 'refund_due', false),
            -- What others bear of a line names it, of freight not; who funded it has it back.
            ('refund_decided', 'programme_expense', NULL::boolean),
            ('refund_decided', 'carrier_claim', NULL),
            ('refund_paid', 'refund_due', false), ('refund_paid', 'stripe', false),
            ('refund_paid', 'bank', false), ('refund_paid', 'cash', false),
            ('refund_paid', 'disputed', false), ('refund_paid', 'platform', false),
            ('dispute_opened', 'disputed', false), ('dispute_opened', 'stripe', false),
            ('dispute_opened', 'programme_expense', false),
            ('dispute_won', 'disputed', false), ('dispute_won', 'stripe', false),
            ('dispute_won', 'programme_expense', false),
            ('dispute_lost', 'disputed', false), ('dispute_lost', 'programme_expense', false)
         ) AS shape(kind, account, line)
        ON shape.kind = coalesce(original.kind, t.kind) AND shape.account = a.kind
     WHERE shape.account IS NULL
        OR shape.line <> (p.consignment_line_id IS NOT NULL)
        OR consignment.partner_id <> t.partner_id
        OR p.sales_pool_id IS DISTINCT FROM
           CASE WHEN t.kind = 'shared' THEN sharing.sales_pool_id ELSE a.sales_pool_id END
        OR (a.kind = 'pool' AND p.sales_pool_id IS DISTINCT FROM a.sales_pool_id)
"""  # noqa: S608

REVERSALS = f"""
    SELECT {NAMED}, 'is not the exact opposite of what it reverses', NULL::timestamptz
      FROM ledger_transaction t
      LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
     WHERE (t.kind IN ('unpacked', 'reversal')) <> (t.reverses_id IS NOT NULL)
        OR (t.reverses_id IS NOT NULL
            AND (o.id IS NULL OR o.partner_id IS DISTINCT FROM t.partner_id
                 OR t.source_type <> 'transaction' OR t.source_id <> o.id::text
                 OR (t.kind = 'unpacked') <> (o.kind = 'packed')))
"""  # noqa: S608
OPPOSITES = """
    SELECT 'ledger transaction ' || pair.id,
           'is not the exact opposite of what it reverses, on account '
           || coalesce(p.account_id::text, 'none'), NULL::timestamptz
      FROM (SELECT id, id AS member FROM ledger_transaction WHERE reverses_id IS NOT NULL
            UNION ALL
            SELECT id, reverses_id FROM ledger_transaction WHERE reverses_id IS NOT NULL) AS pair
      JOIN ledger_posting p ON p.transaction_id = pair.member
     GROUP BY pair.id, p.account_id, p.consignment_line_id, p.sales_pool_id
    HAVING sum(p.amount_fen) <> 0 OR count(*) %% 2 <> 0
"""

# Each transaction has the event that it is about, and is dated within minutes of it: what a later
# reading sorts by time stays where it was. Sums with the event are the checks of those.
SOURCES = f"""
    SELECT {NAMED},
           CASE WHEN source.id IS NULL OR source.partner_id IS DISTINCT FROM t.partner_id
                    THEN 'there is no such ' || t.source_type || ' ' || t.source_id
                ELSE 'its date is not that of its event' END, NULL::timestamptz
      FROM ledger_transaction t
      LEFT JOIN (
            SELECT 'sale' AS kind, 'consignment' AS type, id::text AS id, partner_id, paid_at AS at
              FROM routing_consignment
            UNION ALL
            SELECT 'goods_gone', 'attempt', uuid::text, NULL, paid_at
              FROM payments_paymentattempt WHERE state = 'refunded'
            UNION ALL
            SELECT 'goods_gone', 'stray', id, NULL, recorded_at FROM payments_straypayment
            UNION ALL
            SELECT 'refund_paid', 'stray', s.id, NULL, s.done_at
              FROM payments_straypayment s
              LEFT JOIN ledger_transaction t ON t.kind = 'refund_paid' AND t.source_type = 'stray'
                                            AND t.source_id = s.id
              LEFT JOIN ledger_transaction back ON back.reverses_id = t.id
             WHERE s.state = 'done' OR back.id IS NOT NULL
            UNION ALL
            SELECT 'stripe_fee', 'balance_transaction', id, NULL, recorded_at
              FROM payments_balancemovement WHERE type <> 'adjustment'
            UNION ALL
            SELECT 'payout', 'payout', source_id, NULL, recorded_at
              FROM payments_balancemovement WHERE type = 'payout'
            UNION ALL
            SELECT 'gift_issued', 'gift', id::text, NULL, created_at FROM discounts_gift
            UNION ALL
            SELECT 'gift_expired', 'gift', reference, NULL, created_at
              FROM discounts_giftmove WHERE cause = 'expired'
            UNION ALL
            SELECT 'dispute_opened', 'dispute', id, NULL, withdrawn_at FROM cases_dispute
             WHERE withdrawn_fen > 0
            UNION ALL
            SELECT 'dispute_' || status, 'dispute', id, NULL, closed_at FROM cases_dispute
             WHERE status IN ('won', 'lost')
            UNION ALL
            SELECT 'host_paid', 'host_payment', id::text, NULL, created_at
              FROM discounts_hostpayment
            UNION ALL
            SELECT 'platform_settled', 'platform_settlement', id::text, NULL, booked_at
              FROM platforms_platformsettlement
            UNION ALL
            SELECT 'packed', 'drawing', d.id::text, pool.partner_id, d.created_at
              FROM routing_drawing d
              JOIN routing_consignmentline line ON line.id = d.line_id
              JOIN partner_stockpool pool ON pool.id = line.pool_id
             WHERE d.grams > 0 AND d.reverses_id IS NULL
            UNION ALL
            SELECT 'unpacked', 'transaction', o.id::text, o.partner_id, u.created_at
              FROM routing_drawing u
              JOIN ledger_transaction o ON o.kind = 'packed' AND o.source_type = 'drawing'
                                       AND o.source_id = u.reverses_id::text
            UNION ALL
            SELECT 'reversal', 'transaction', id::text, partner_id, NULL FROM ledger_transaction
            UNION ALL
            SELECT 'shared', 'sharing_out', s.id::text, pool.partner_id, s.created_at
              FROM settlement_sharingout s
              JOIN settlement_salespool sp ON sp.id = s.sales_pool_id
              JOIN partner_stockpool pool ON pool.id = sp.pool_id
            UNION ALL
            -- Of a cooperative, unless others bear all of it.
            SELECT 'refund_decided', 'refund', part.refund_id || ':' || c.id,
                   CASE WHEN bool_or(part.bearer = 'cooperative'
                                     AND part.amount_fen + part.borne_back_fen > 0)
                        THEN c.partner_id END, r.created_at
              FROM aftersales_refundline part
              JOIN aftersales_refund r ON r.uuid = part.refund_id
              JOIN routing_consignment c ON c.id = part.consignment_id
             GROUP BY part.refund_id, c.id, c.partner_id, r.created_at
            UNION ALL
            SELECT 'refund_paid', 'refund',
                   uuid || CASE WHEN paid_from IN ('bank', 'cash', 'platform')
                                  OR (paid_from = 'disputed' AND stripe_refund_id IS NOT NULL)
                                THEN ':hand' ELSE '' END,
                   NULL, done_at
              FROM aftersales_refund WHERE state = 'done'
            UNION ALL
            -- Done once, and sent back by the buyer's bank.
            SELECT 'refund_paid', 'refund', r.uuid::text, NULL, NULL
              FROM aftersales_refund r
              JOIN ledger_transaction t ON t.kind = 'refund_paid' AND t.source_id = r.uuid::text
              JOIN ledger_transaction back ON back.reverses_id = t.id
             WHERE r.state <> 'done' OR r.paid_from <> 'stripe'
         ) source ON source.kind = t.kind AND source.type = t.source_type
                 AND source.id = t.source_id
     WHERE source.id IS NULL OR source.partner_id IS DISTINCT FROM t.partner_id
        OR t.created_at NOT BETWEEN source.at - interval '5 minutes'
                                AND source.at + interval '5 minutes'
"""  # noqa: S608
POSTED_ONCE = """
    SELECT 'ledger transaction ' || max(id), 'its event is posted twice', NULL::timestamptz
      FROM ledger_transaction GROUP BY kind, source_type, source_id HAVING count(*) > 1
"""
CHECKS = (
    Check("ledger.balances", "SELECT count(*) FROM ledger_transaction", (BALANCES, WHOLE, ZERO)),
    Check("ledger.accounts", "SELECT count(*) FROM ledger_account", (ACCOUNTS, ACCOUNT_ONCE)),
    Check("ledger.legs", "SELECT count(*) FROM ledger_posting", (LEGS,)),
    Check(
        "ledger.reversals",
        "SELECT count(*) FROM ledger_transaction WHERE kind IN ('unpacked', 'reversal')",
        (REVERSALS, OPPOSITES),
    ),
    Check(
        "ledger.events",
        "SELECT count(*) FROM ledger_transaction",
        (SOURCES, POSTED_ONCE),
    ),
)
