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
                   JOIN ledger_account a ON a.id = p.account_id
                                        AND a.kind IN ('stripe', 'bank', 'cash')
                  WHERE t.kind = 'goods_gone' AND t.source_type = 'attempt'
                  GROUP BY t.source_id) g
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
# Whose money it is, as it was booked; without an order all of it is the buyer's.
OWNERS = f"""
    SELECT {NAMED},
           'is of ' || r.buyer_fen || ' fen of the buyer''s and ' || r.gift_fen
           || ' of gift vouchers, booked with ' || coalesce(booked.buyer, 0) || ' and '
           || coalesce(booked.gift, 0), NULL::timestamptz
      FROM aftersales_refund r
      LEFT JOIN (SELECT split_part(t.source_id, ':', 1) AS refund,
                        -sum(p.amount_fen) FILTER (WHERE a.kind = 'refund_due') AS buyer,
                        -sum(p.amount_fen) FILTER (WHERE a.kind = 'gift') AS gift
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id
                  WHERE t.kind = 'refund_decided' GROUP BY 1) booked ON booked.refund = r.uuid::text
     WHERE (r.buyer_fen, r.gift_fen) IS DISTINCT FROM
           CASE WHEN r.order_id IS NULL THEN (r.amount_fen, 0::bigint)
                ELSE (coalesce(booked.buyer, 0)::bigint, coalesce(booked.gift, 0)::bigint) END
        OR r.bearer NOT IN ('cooperative', 'programme', 'carrier')
        OR (r.paid_from = 'stripe') <> (r.paid_reference = '')
        OR (r.reason = 'dispute' AND r.paid_from <> 'disputed')
"""  # noqa: S608
GOODS_GONE = """
    SELECT 'payment ' || a.uuid, 'was to be given back, by ' || count(r.uuid) || ' refunds',
           NULL::timestamptz
      FROM payments_paymentattempt a LEFT JOIN aftersales_refund r ON r.attempt_id = a.uuid
     WHERE a.state = 'refunded' GROUP BY a.uuid HAVING count(r.uuid) <> 1
"""
NOT_ABOVE = """
    SELECT 'payment ' || a.uuid,
           'of ' || a.amount_fen || ' fen has refunds of ' || sum(r.buyer_fen), NULL::timestamptz
      FROM payments_paymentattempt a JOIN aftersales_refund r ON r.attempt_id = a.uuid
     WHERE a.state = 'placed' GROUP BY a.uuid HAVING sum(r.buyer_fen) > a.amount_fen
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
        OR part.short_grams < 0 OR part.borne_back_fen < 0
        OR (part.short_grams > 0 AND (part.packs > 0 OR part.consignment_line_id IS NULL))
        OR part.bearer NOT IN ('cooperative', r.bearer)
        -- What comes back unharmed is the cooperative's to bear; what is lost, is not.
        OR (part.bearer <> 'cooperative' AND part.packs > 0
            AND (part.restocked OR coalesce(r.created_at < c.packed_at, true)))
        OR (part.bearer = 'cooperative' AND r.bearer = 'programme'
            AND part.consignment_line_id IS NOT NULL
            AND (part.packs = 0 OR (NOT part.restocked AND r.created_at >= c.packed_at)))
"""
# Restocked or not is decided for a refund as a whole.
RESTOCKED = """
    SELECT 'refund ' || refund_id, 'is restocked in a part of its lines', NULL::timestamptz
      FROM aftersales_refundline WHERE packs > 0 GROUP BY refund_id
    HAVING bool_or(restocked) <> bool_and(restocked)
"""
# Packs are refunded at their part of what remains of their line's money. Their grams: of what is
# still to pack; or of the box, whose packs weigh the same, cut by floors one after the other.
# Missing grams are refunded at their part of what is billed for the packs that the buyer keeps.
BY_PACKS = """
    WITH parts AS (
        SELECT part.id, part.consignment_line_id AS line_id, part.packs, part.amount_fen,
               part.grams, part.short_grams, part.borne_back_fen,
               CASE WHEN part.bearer <> 'cooperative' THEN part.amount_fen ELSE 0 END
                   - part.borne_back_fen AS borne_fen,
               line.ordered_grams - line.cancelled_grams - line.packed_grams AS missing,
               line.packs AS all_packs, line.net_fen, line.ordered_grams,
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
               coalesce(sum(short_grams) OVER earlier, 0) AS shorts_before,
               coalesce(sum(borne_fen) OVER earlier, 0) AS borne_before,
               ordered_grams - coalesce(
                   sum(CASE WHEN NOT from_box THEN grams END) OVER earlier, 0) AS to_pack
          FROM parts
        WINDOW earlier AS (PARTITION BY line_id ORDER BY id
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), kept AS (
        SELECT remaining.*,
               packed_grams - div(packed_grams * (in_box - packs_left), nullif(in_box, 0)) AS kept,
               greatest(0, div(missing * packs_left, nullif(in_box, 0)) - shorts_before) AS short
          FROM remaining
    ), due AS (
        SELECT kept.*, div(fen_left * packs, nullif(packs_left, 0)) AS fen_due,
               div(fen_left * short_grams, nullif(kept + short, 0)) AS short_due,
               CASE WHEN from_box OR packs = 0 THEN 0
                    ELSE div(borne_before * packs, nullif(packs_left, 0)) END AS back_due,
               CASE WHEN from_box
                    THEN div(packed_grams * (in_box - packs_left + packs), nullif(in_box, 0))
                         - div(packed_grams * (in_box - packs_left), nullif(in_box, 0))
                    ELSE div(to_pack * packs, nullif(packs_left, 0)) END AS grams_due
          FROM kept
    )
    SELECT 'refund line ' || id,
           'gives back ' || amount_fen || ' fen and ' || grams || ' g for ' || packs || ' of '
           || packs_left || ' packs, that is ' || coalesce(fen_due, 0) || ' fen and '
           || coalesce(grams_due, 0) || ' g; or for ' || short_grams || ' of ' || short
           || ' missing g, that is ' || coalesce(short_due, 0) || ' fen', NULL::timestamptz
      FROM due
     WHERE packs > packs_left OR amount_fen > fen_left
        OR (packs > 0 AND (amount_fen IS DISTINCT FROM fen_due
                           OR grams IS DISTINCT FROM grams_due))
        OR borne_back_fen <> coalesce(back_due, 0)
        OR (short_grams > 0 AND (short_grams > coalesce(short, 0) OR NOT from_box
                                 OR amount_fen IS DISTINCT FROM short_due))
"""
# Decided: by consignment, line by line, each on the account of who bears it.
DECIDED = """
    SELECT 'refund ' || coalesce(part.source, booked.source)
           || coalesce(', line ' || coalesce(part.line_id, booked.line_id), ', freight'),
           'is of ' || coalesce(part.fen, 0) || ' fen, booked with ' || coalesce(booked.fen, 0),
           NULL::timestamptz
      FROM (SELECT refund_id || ':' || consignment_id AS source, bearer,
                   coalesce(consignment_line_id, 0) AS line_id,
                   sum(amount_fen + borne_back_fen) AS fen, sum(borne_back_fen) AS back
              FROM aftersales_refundline GROUP BY 1, 2, 3) part
      FULL JOIN (SELECT t.source_id AS source, coalesce(p.consignment_line_id, 0) AS line_id,
                        CASE a.kind WHEN 'programme_expense' THEN 'programme'
                                    WHEN 'carrier_claim' THEN 'carrier'
                                    ELSE 'cooperative' END AS bearer,
                        sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id AND p.amount_fen > 0
                   JOIN ledger_account a ON a.id = p.account_id
                  WHERE t.kind = 'refund_decided' GROUP BY 1, 2, 3) booked
        ON booked.source = part.source AND booked.line_id = part.line_id
       AND booked.bearer = part.bearer
      LEFT JOIN (SELECT t.source_id AS source, p.consignment_line_id AS line_id,
                        -sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id AND p.amount_fen < 0
                                        AND p.consignment_line_id IS NOT NULL
                  WHERE t.kind = 'refund_decided' GROUP BY 1, 2) back
        ON back.source = part.source AND back.line_id = part.line_id
     WHERE coalesce(part.fen, 0) <> coalesce(booked.fen, 0)
        OR coalesce(part.back, 0) <> coalesce(back.fen, 0)
"""
# What the ledger says is paid: a refund that the buyer's bank sent back is reversed there, and may
# be paid once more from elsewhere ("…:hand").
DONE = f"""
    SELECT {NAMED},
           CASE WHEN (r.state = 'done' AND r.buyer_fen > 0) <> (p.refund IS NOT NULL)
                    THEN 'is ' || r.state || ', the ledger says '
                         || CASE WHEN p.refund IS NULL THEN 'not paid' ELSE 'paid' END
                WHEN r.buyer_fen IS DISTINCT FROM p.fen AND r.state = 'done' AND r.buyer_fen > 0
                    THEN 'gives the buyer ' || r.buyer_fen || ' fen, ' || p.fen || ' are paid'
                ELSE 'its fields do not fit its state ' || r.state END, NULL::timestamptz
      FROM aftersales_refund r
      LEFT JOIN (SELECT split_part(t.source_id, ':', 1) AS refund, a.kind AS account,
                        -sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   LEFT JOIN ledger_transaction back ON back.reverses_id = t.id
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account a ON a.id = p.account_id AND a.kind <> 'refund_due'
                  WHERE t.kind = 'refund_paid' AND t.source_type = 'refund' AND back.id IS NULL
                  GROUP BY 1, 2) p ON p.refund = r.uuid::text
     WHERE (r.state = 'done' AND r.buyer_fen > 0) <> (p.refund IS NOT NULL)
        OR (p.refund IS NOT NULL AND (r.buyer_fen, r.paid_from) IS DISTINCT FROM (p.fen, p.account))
        OR (r.state = 'done') <> (r.done_at IS NOT NULL)
        OR (r.state IN ('done', 'sent') AND r.stripe_refund_id IS NULL
            AND r.paid_from = 'stripe' AND r.buyer_fen > 0)
        OR r.state NOT IN ('decided', 'sent', 'done', 'failed')
"""  # noqa: S608
WAITING = f"""
    SELECT {NAMED}, 'is not done: ' || r.state
           || CASE WHEN r.error <> '' THEN ', ' || r.error ELSE '' END, r.created_at
      FROM aftersales_refund r WHERE r.state IN ('decided', 'sent')
"""  # noqa: S608
# Refused by Stripe, or sent back by the buyer's bank: the books are in order, people must act.
REFUSED = f"""
    SELECT {NAMED}, 'is owed to the buyer: ' || r.error, r.created_at
      FROM aftersales_refund r WHERE r.state = 'failed'
"""  # noqa: S608
DUE = """
    SELECT 'account refund_due', 'owes ' || owed.fen || ' fen, the refunds that are not done '
           || waiting.fen, NULL::timestamptz
      FROM (SELECT coalesce(-sum(p.amount_fen), 0) AS fen
              FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
             WHERE a.kind = 'refund_due') owed,
           (SELECT coalesce(sum(fen), 0) AS fen
              FROM (SELECT buyer_fen AS fen FROM aftersales_refund WHERE state <> 'done'
                    UNION ALL
                    SELECT amount_fen FROM payments_straypayment WHERE state <> 'done') owing
           ) waiting
     WHERE owed.fen <> waiting.fen
"""
# One change of address follows on the other, from where the payment said to where the order goes.
# The phone is written in two ways; of the order it is the plain one. Where the person was taken
# out (storefront/accounts/blanking.py), two addresses of one district look the same.
ADDRESSES = """
    SELECT 'change of address ' || c.uuid,
           'does not lead from the address before to the one that the order goes to',
           NULL::timestamptz
      FROM (SELECT own.*, lag(after) OVER (PARTITION BY order_id ORDER BY created_at, uuid) AS last,
                   row_number() OVER (PARTITION BY order_id
                                      ORDER BY created_at DESC, uuid DESC) AS from_last
              FROM aftersales_addresschange own) c
      LEFT JOIN order_order o ON o.id = c.order_id
      LEFT JOIN order_shippingaddress s ON s.id = o.shipping_address_id
      LEFT JOIN payments_paymentattempt a ON a.order_id = c.order_id
      LEFT JOIN aftersales_refund r ON r.uuid = c.refund_id
     WHERE (c.before = c.after AND c.after->>'name' <> '—')
        OR c.before - 'phone' IS DISTINCT FROM coalesce(c.last, a.snapshot->'address') - 'phone'
        OR (c.from_last = 1 AND
            (s.first_name, s.state, s.line4, s.line3, s.line1, o.contact_phone)
            IS DISTINCT FROM (c.after->>'name', c.after->>'province', c.after->>'city',
                              c.after->>'district', c.after->>'street', c.after->>'phone'))
        OR (c.refund_id IS NOT NULL
            AND (r.order_id, r.reason) IS DISTINCT FROM (c.order_id, 'freight'))
    UNION ALL
    SELECT 'refund ' || r.uuid, 'is of freight to another address, and there is none', NULL
      FROM aftersales_refund r LEFT JOIN aftersales_addresschange c ON c.refund_id = r.uuid
     WHERE r.reason = 'freight' AND c.uuid IS NULL
"""

CHECKS = (
    Check(
        "refunds.amounts",
        "SELECT count(*) FROM aftersales_refund",
        (AMOUNTS, OWNERS, GOODS_GONE, NOT_ABOVE, DONE, WAITING, DUE),
    ),
    Check(
        "refunds.refused",
        "SELECT count(*) FROM aftersales_refund WHERE state = 'failed'",
        (REFUSED,),
        nightly=True,
    ),
    Check("orders.addresses", "SELECT count(*) FROM aftersales_addresschange", (ADDRESSES,)),
    Check(
        "refunds.lines",
        "SELECT count(*) FROM aftersales_refundline",
        (LINES, RESTOCKED, BY_PACKS, DECIDED),
    ),
)
