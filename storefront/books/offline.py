"""Payments by transfer or in cash, money of nobody's, and the movements of Stripe's balance."""

from storefront.books.base import Check

# An offline payment is to its attempt what an intent is at Stripe.
OFFLINE = """
    SELECT coalesce('offline payment ' || f.id, 'payment ' || a.uuid),
           CASE WHEN f.id IS NULL THEN 'is to be paid offline, and nothing says so'
                WHEN a.uuid IS NULL THEN 'is of no payment'
                WHEN (a.state IN ('placed', 'refunded') AND f.state <> 'received')
                     OR (a.state = 'open' AND f.state = 'cancelled')
                     OR (a.state = 'closed' AND f.state = 'waiting')
                    THEN 'is ' || f.state || ', its payment is ' || a.state
                ELSE 'is not what its payment says' END, NULL::timestamptz
      FROM payments_offlinepayment f
      FULL JOIN (SELECT * FROM payments_paymentattempt
                  WHERE gateway NOT IN ('stripe', 'platform')
                    AND (intent_id IS NOT NULL OR state IN ('placed', 'refunded'))
                ) a ON a.uuid = f.attempt_id
     WHERE a.uuid IS NULL OR f.id IS NULL OR a.gateway <> 'offline'
        OR (f.id, f.amount_fen, f.currency) IS DISTINCT FROM (a.intent_id, a.amount_fen, a.currency)
        OR f.id <> 'offline_' || f.code
        OR f.created_at NOT BETWEEN a.created_at - interval '1 minute' AND a.expires_at
        OR (a.state IN ('placed', 'refunded') AND f.state <> 'received')
        OR (a.state = 'open' AND f.state = 'cancelled')
        OR (a.state = 'closed' AND f.state = 'waiting')
        OR (f.state = 'received'
            AND (f.account NOT IN ('bank', 'cash') OR f.reference IS NULL
                 OR f.received_on IS NULL OR f.confirmed_by_id IS NULL OR f.confirmed_at IS NULL))
        OR (f.state <> 'received'
            AND (f.account <> '' OR f.reference IS NOT NULL OR f.received_on IS NOT NULL
                 OR f.confirmed_by_id IS NOT NULL OR f.confirmed_at IS NOT NULL))
        OR f.state NOT IN ('waiting', 'received', 'cancelled')
    UNION ALL
    SELECT 'offline payment ' || f.id, 'the money is there, its payment is ' || a.state,
           f.confirmed_at
      FROM payments_offlinepayment f JOIN payments_paymentattempt a ON a.uuid = f.attempt_id
     WHERE f.state = 'received' AND a.state IN ('open', 'closed')
"""
# What came in is booked where it came in: at Stripe, on the bank account, in cash.
ACCOUNTS = """
    SELECT 'payment ' || a.uuid,
           'is paid by ' || a.gateway || ', the ledger booked it on ' || booked.account,
           NULL::timestamptz
      FROM (SELECT coalesce(c.order_id::text, t.source_id) AS of, account.kind AS account
              FROM ledger_transaction t
              JOIN ledger_posting p ON p.transaction_id = t.id
              JOIN ledger_account account ON account.id = p.account_id
                                         AND account.kind IN ('stripe', 'bank', 'cash', 'platform')
              LEFT JOIN routing_consignment c ON t.kind = 'sale' AND c.id::text = t.source_id
             WHERE t.kind = 'sale' OR (t.kind = 'goods_gone' AND t.source_type = 'attempt')
             GROUP BY 1, 2) booked
      JOIN payments_paymentattempt a ON booked.of IN (a.order_id::text, a.uuid::text)
      LEFT JOIN payments_offlinepayment f ON f.attempt_id = a.uuid
     WHERE booked.account <> CASE WHEN a.gateway IN ('stripe', 'platform') THEN a.gateway
                                 ELSE f.account END
"""
STRAYS = """
    SELECT 'stray payment ' || s.id,
           'of ' || s.amount_fen || ' fen is ' || s.state || ', booked as ' || coalesce(b.taken, 0)
           || ' taken in and ' || coalesce(b.given, 0) || ' given back', NULL::timestamptz
      FROM payments_straypayment s
      LEFT JOIN (SELECT t.source_id,
                        sum(p.amount_fen) FILTER (WHERE t.kind = 'goods_gone') AS taken,
                        -sum(p.amount_fen) FILTER (WHERE t.kind = 'refund_paid') AS given
                   FROM ledger_transaction t
                   LEFT JOIN ledger_transaction back ON back.reverses_id = t.id
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'stripe'
                  WHERE t.source_type = 'stray' AND back.id IS NULL GROUP BY 1) b
        ON b.source_id = s.id
     WHERE coalesce(b.taken, 0) <> s.amount_fen
        OR coalesce(b.given, 0) <> CASE WHEN s.state = 'done' THEN s.amount_fen ELSE 0 END
        OR (s.state = 'done') <> (s.done_at IS NOT NULL)
        OR (s.state = 'done' AND s.stripe_refund_id IS NULL)
        OR s.state NOT IN ('decided', 'done', 'failed')
"""
STRAYS_OWED = """
    SELECT 'stray payment ' || id, 'is owed to whoever paid it: ' || state || ' ' || error,
           recorded_at
      FROM payments_straypayment WHERE state <> 'done'
"""
# A fee is booked with the movement that took it; a dispute's, with its case.
FEES = """
    SELECT 'movement ' || m.id,
           'took a fee of ' || due.fee || ' fen, booked with ' || coalesce(-b.fen, 0),
           NULL::timestamptz
      FROM payments_balancemovement m
     CROSS JOIN LATERAL (SELECT CASE
             WHEN m.type = 'adjustment' THEN 0
             WHEN m.type IN ('stripe_fee', 'stripe_fx_fee', 'tax_fee', 'network_cost')
                 THEN m.fee_fen - m.amount_fen
             ELSE m.fee_fen END AS fee) due
      LEFT JOIN (SELECT t.source_id, sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'stripe'
                  WHERE t.kind = 'stripe_fee' GROUP BY 1) b ON b.source_id = m.id
     WHERE due.fee <> coalesce(-b.fen, 0)
"""
PAYOUTS = """
    SELECT 'payout ' || m.source_id,
           'moved ' || m.fen || ' fen, booked with ' || coalesce(b.fen, 0), NULL::timestamptz
      FROM (SELECT source_id, sum(amount_fen) AS fen FROM payments_balancemovement
             WHERE type IN ('payout', 'payout_failure', 'payout_cancel') GROUP BY 1) m
      LEFT JOIN (SELECT coalesce(o.source_id, t.source_id) AS source_id, sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'stripe'
                  WHERE coalesce(o.kind, t.kind) = 'payout' GROUP BY 1) b
        ON b.source_id = m.source_id
     WHERE m.fen <> coalesce(b.fen, 0)
"""
GAPS = """
    SELECT 'gap ' || key, 'is explained by nobody, or without a reason', NULL::timestamptz
      FROM payments_gap
     WHERE (state = 'acknowledged' AND (ended_by_id IS NULL OR reason = '' OR ended_at IS NULL))
        OR state NOT IN ('open', 'closed', 'acknowledged')
"""
CHECKS = (
    Check(
        "payments.offline",
        "SELECT count(*) FROM payments_offlinepayment",
        (OFFLINE, ACCOUNTS),
    ),
    Check("payments.strays", "SELECT count(*) FROM payments_straypayment", (STRAYS, STRAYS_OWED)),
    Check(
        "payments.movements",
        "SELECT count(*) FROM payments_balancemovement",
        (FEES, PAYOUTS),
    ),
    Check("payments.gaps", "SELECT count(*) FROM payments_gap", (GAPS,)),
)
