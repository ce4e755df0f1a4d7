"""Cases and disputes: what was given is a refund of that amount; what is open holds its lines."""

from storefront.books.base import Check

NAMED = "'case ' || c.id"
OPEN = "('open', 'waiting_buyer')"

# What a case gave back is the sum of the refunds that its decisions made, on its own line.
REFUNDS = f"""
    SELECT {NAMED},
           'gave ' || c.given_fen || ' fen, its refunds are of ' || coalesce(given.fen, 0),
           NULL::timestamptz
      FROM cases_case c
      LEFT JOIN (SELECT e.case_id, sum(r.amount_fen) AS fen
                   FROM cases_caseentry e
                   LEFT JOIN aftersales_refund r ON r.uuid = e.refund_id
                  WHERE e.refund_id IS NOT NULL GROUP BY e.case_id) given ON given.case_id = c.id
     WHERE c.given_fen <> coalesce(given.fen, 0)
        OR (c.outcome IN ('paid_at_once', 'agreed', 'part') AND c.given_fen = 0)
        OR (c.outcome = 'paid_at_once' AND c.given_fen <> c.asked_fen)
    UNION ALL
    SELECT {NAMED} || ', refund ' || r.uuid, 'is not on the case''s line alone', NULL
      FROM cases_caseentry e
      JOIN cases_case c ON c.id = e.case_id AND c.line_id IS NOT NULL
      JOIN aftersales_refund r ON r.uuid = e.refund_id
     WHERE r.order_id IS DISTINCT FROM c.order_id
        OR NOT EXISTS (SELECT FROM aftersales_refundline part WHERE part.refund_id = r.uuid)
        OR EXISTS (SELECT FROM aftersales_refundline part
                    WHERE part.refund_id = r.uuid
                      AND part.consignment_line_id IS DISTINCT FROM c.line_id)
"""  # noqa: S608
# What was asked for is the part of the line that the buyer named, and no more.
LINES = f"""
    SELECT {NAMED}, 'is not about a line of its order, or asks for more than it names',
           NULL::timestamptz
      FROM cases_case c
      LEFT JOIN routing_consignmentline line ON line.id = c.line_id
      LEFT JOIN routing_consignment consignment ON consignment.id = line.consignment_id
     WHERE c.kind <> 'dispute'
       AND (consignment.order_id IS DISTINCT FROM c.order_id
            OR c.asked_fen > coalesce(div(line.net_fen * c.packs::numeric, line.packs),
                                      div(line.net_fen * c.share_bps::numeric, 10000), 0))
"""  # noqa: S608
# The state, the last decision and the thread say the same.
STATES = f"""
    SELECT {NAMED}, 'its thread does not lead to its state ' || c.state || ' ' || c.outcome,
           NULL::timestamptz
      FROM cases_case c
      LEFT JOIN LATERAL (SELECT outcome, created_at FROM cases_caseentry e
                          WHERE e.case_id = c.id AND e.action = 'decided'
                          ORDER BY e.id DESC LIMIT 1) decided ON true
      LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE action = 'opened') AS opened,
                                count(*) FILTER (WHERE action = 'escalated') AS escalated
                           FROM cases_caseentry e WHERE e.case_id = c.id) seen ON true
     WHERE seen.opened <> 1 OR (seen.escalated = 1) <> c.escalated OR seen.escalated > 1
        OR (c.state IN {OPEN}) <> (c.outcome = '')
        OR (c.outcome NOT IN ('', 'no_answer') AND c.outcome IS DISTINCT FROM decided.outcome)
        OR c.decided_at NOT BETWEEN decided.created_at - interval '1 minute'
                                AND decided.created_at + interval '1 minute'
        OR (c.decided_at IS NULL) <> (decided.created_at IS NULL)
        OR (c.state = 'closed') <> (c.closed_at IS NOT NULL)
        OR c.closed_at < c.decided_at
    UNION ALL
    SELECT 'line ' || line_id, 'has two open cases', NULL
      FROM cases_case WHERE state IN {OPEN} AND line_id IS NOT NULL
     GROUP BY line_id HAVING count(*) > 1
"""  # noqa: S608
HOLDS = f"""
    SELECT 'consignment line ' || coalesce(due.line_id, held.line_id) || ', '
           || coalesce(due.key, held.key),
           CASE WHEN held.line_id IS NULL THEN 'is open, and does not hold its credits'
                ELSE 'holds credits, and is not open' END, NULL::timestamptz
      FROM (SELECT line_id, 'case:' || id AS key FROM cases_case
             WHERE state IN {OPEN} AND line_id IS NOT NULL
            UNION ALL
            SELECT line.id, 'dispute:' || d.id
              FROM cases_dispute d
              JOIN payments_paymentattempt a ON a.uuid = d.attempt_id
              JOIN routing_consignment c ON c.order_id = a.order_id
              JOIN routing_consignmentline line ON line.consignment_id = c.id
             WHERE d.closed_at IS NULL
            UNION ALL
            SELECT line.id, 'platform:' || c.order_id
              FROM platforms_platformline sold
              JOIN routing_consignment c ON c.order_id = sold.order_id
              JOIN routing_consignmentline line ON line.consignment_id = c.id
             WHERE sold.settled_at IS NULL) due
      FULL JOIN (SELECT line_id, key FROM settlement_releasehold WHERE lifted_at IS NULL) held
        ON held.line_id = due.line_id AND held.key = due.key
     WHERE due.line_id IS NULL OR held.line_id IS NULL
"""  # noqa: S608
# What Stripe took, gave back and kept, and how a lost one was booked.
DISPUTES = """
    SELECT 'dispute ' || d.id,
           CASE WHEN c.kind IS DISTINCT FROM 'dispute' OR c.order_id IS DISTINCT FROM a.order_id
                     OR c.line_id IS NOT NULL
                    THEN 'is not in a case of its payment'
                WHEN (d.closed_at IS NULL) <> (c.closed_at IS NULL)
                    THEN 'and its case are not closed together'
                WHEN c.outcome IS DISTINCT FROM CASE WHEN d.closed_at IS NULL THEN ''
                                                     WHEN d.status = 'lost' THEN 'lost'
                                                     ELSE 'won' END
                    THEN 'ended as ' || d.status || ', its case as ' || c.outcome
                ELSE 'took ' || d.withdrawn_fen || ', gave back ' || d.reinstated_fen
                     || ', cost ' || d.fee_fen || ': the ledger has ' || coalesce(b.taken, 0)
                     || ', ' || coalesce(b.back, 0) || ', ' || coalesce(b.cost, 0)
                     || ', and lost ' || coalesce(b.lost, 0) || ' beyond refunds of '
                     || coalesce(r.fen, 0) END, NULL::timestamptz
      FROM cases_dispute d
      LEFT JOIN cases_case c ON c.id = d.case_id
      LEFT JOIN payments_paymentattempt a ON a.uuid = d.attempt_id
      LEFT JOIN (
            SELECT t.source_id,
                   sum(p.amount_fen) FILTER (WHERE t.kind = 'dispute_opened'
                                               AND account.kind = 'disputed') AS taken,
                   -sum(p.amount_fen) FILTER (WHERE t.kind = 'dispute_won'
                                                AND account.kind = 'disputed') AS back,
                   -sum(p.amount_fen) FILTER (WHERE t.kind = 'dispute_lost'
                                                AND account.kind = 'disputed') AS lost,
                   sum(p.amount_fen) FILTER (WHERE t.kind <> 'dispute_lost'
                                       AND account.kind = 'programme_expense') AS cost
              FROM ledger_transaction t
              JOIN ledger_posting p ON p.transaction_id = t.id
              JOIN ledger_account account ON account.id = p.account_id
             WHERE t.source_type = 'dispute' GROUP BY t.source_id) b ON b.source_id = d.id
      LEFT JOIN (SELECT split_part(paid_reference, ':', 1) AS dispute, sum(buyer_fen) AS fen
                   FROM aftersales_refund WHERE paid_from = 'disputed' GROUP BY 1) r
        ON r.dispute = d.id
     WHERE c.kind IS DISTINCT FROM 'dispute' OR c.order_id IS DISTINCT FROM a.order_id
        OR c.line_id IS NOT NULL OR (d.closed_at IS NULL) <> (c.closed_at IS NULL)
        OR c.outcome IS DISTINCT FROM CASE WHEN d.closed_at IS NULL THEN ''
                                           WHEN d.status = 'lost' THEN 'lost' ELSE 'won' END
        OR d.withdrawn_fen <> coalesce(b.taken, 0) OR d.reinstated_fen <> coalesce(b.back, 0)
        OR d.fee_fen <> coalesce(b.cost, 0)
        OR (d.status = 'lost' AND d.closed_at IS NOT NULL
            AND d.withdrawn_fen <> coalesce(r.fen, 0) + coalesce(b.lost, 0))
        OR (d.status <> 'lost' AND coalesce(r.fen, 0) + coalesce(b.lost, 0) <> 0)
        OR (d.closed_at IS NOT NULL AND d.status <> 'lost'
            AND d.withdrawn_fen <> d.reinstated_fen)
        OR (d.closed_at IS NOT NULL
            AND d.status NOT IN ('won', 'lost', 'warning_closed', 'prevented'))
        OR d.refund_id IS DISTINCT FROM (SELECT uuid FROM aftersales_refund
                                          WHERE paid_from = 'disputed' AND paid_reference = d.id)
    UNION ALL
    SELECT 'refund ' || uuid, 'was paid by no dispute that was lost', NULL
      FROM aftersales_refund r
     WHERE r.paid_from = 'disputed'
       AND NOT EXISTS (SELECT FROM cases_dispute d
                        WHERE d.id = split_part(r.paid_reference, ':', 1) AND d.status = 'lost')
"""
DISPUTED = """
    SELECT 'account disputed', 'holds ' || held.fen || ' fen, the open disputes ' || d.fen,
           NULL::timestamptz
      FROM (SELECT coalesce(sum(p.amount_fen), 0) AS fen
              FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
             WHERE a.kind = 'disputed') held,
           (SELECT coalesce(sum(withdrawn_fen - reinstated_fen), 0) AS fen
              FROM cases_dispute WHERE closed_at IS NULL) d
     WHERE held.fen <> d.fen
"""

CHECKS = (
    Check("cases.refunds", "SELECT count(*) FROM cases_case", (REFUNDS, LINES)),
    Check("cases.threads", "SELECT count(*) FROM cases_caseentry", (STATES,)),
    Check("cases.holds", "SELECT count(*) FROM settlement_releasehold", (HOLDS,)),
    Check("disputes.ledger", "SELECT count(*) FROM cases_dispute", (DISPUTES, DISPUTED)),
)
