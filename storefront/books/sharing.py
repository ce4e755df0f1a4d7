"""Sales pools: what came in, what was credited, and what is not shared yet (DESIGN §6).

Each sharing-out is cut once more here from the row's own figures, by the rule as DESIGN states
it, and compared with what the ledger has credited up to it.
"""

from storefront.books.base import Check
from storefront.books.shares import DUE_CHECK, cuts

NAMED = "'sharing-out ' || s.sequence || ' of sales pool ' || s.sales_pool_id"

# What came in = credits + fee + fund + what still lies in the pool's account.
POOLS = """
    SELECT 'sales pool ' || sp.id,
           'of ' || coalesce(b.came_in, 0) || ' fen that came in, ' || coalesce(b.given, 0)
           || ' are credited and ' || coalesce(b.lying, 0) || ' lie in its account',
           NULL::timestamptz
      FROM settlement_salespool sp
      LEFT JOIN (
            SELECT p.sales_pool_id,
                   -sum(p.amount_fen) FILTER (WHERE t.kind <> 'shared') AS came_in,
                   -sum(p.amount_fen) FILTER (WHERE a.kind <> 'pool') AS given,
                   -sum(p.amount_fen) FILTER (WHERE a.kind = 'pool') AS lying
              FROM ledger_posting p
              JOIN ledger_account a ON a.id = p.account_id
              JOIN ledger_transaction t ON t.id = p.transaction_id
             WHERE p.sales_pool_id IS NOT NULL GROUP BY p.sales_pool_id
           ) b ON b.sales_pool_id = sp.id
     WHERE coalesce(b.came_in, 0) <> coalesce(b.given, 0) + coalesce(b.lying, 0)
"""
PERIODS = """
    SELECT 'sales pool ' || sp.id,
           'its days ' || sp.starts_on || ' to ' || sp.ends_on || ' or its rule '
           || coalesce(rule.id::text, 'none') || ' are not those of its pool', NULL::timestamptz
      FROM settlement_salespool sp
      LEFT JOIN partner_stockpool pool ON pool.id = sp.pool_id
      LEFT JOIN settlement_creditrule rule ON rule.id = sp.rule_id
     WHERE rule.partner_id IS DISTINCT FROM pool.partner_id
        OR (rule.produce_id IS NOT NULL AND rule.produce_id <> pool.produce_id)
        OR rule.valid_from > sp.ends_on
        OR rule.fee_bps + rule.fund_bps > 10000 OR rule.method <> 'pooled'
        OR CASE rule.period WHEN 'day' THEN sp.ends_on <> sp.starts_on
                            WHEN 'week' THEN sp.ends_on <> sp.starts_on + 6
                                          OR extract(isodow FROM sp.starts_on) <> 1
                            ELSE true END
"""
RATES = f"""
    SELECT {NAMED}, CASE WHEN (s.created_at AT TIME ZONE 'Asia/Shanghai')::date <= sp.ends_on
                             THEN 'was done before the pool''s period was over'
                         ELSE 'its rates are not those of its rule''s version' END,
           NULL::timestamptz
      FROM settlement_sharingout s
      LEFT JOIN settlement_creditrule rule ON rule.id = s.rule_id
      LEFT JOIN settlement_salespool sp ON sp.id = s.sales_pool_id
     WHERE (rule.version, rule.fee_bps, rule.fund_bps, sp.rule_id)
           IS DISTINCT FROM (s.rule_version, s.fee_bps, s.fund_bps, s.rule_id)
        OR (s.created_at AT TIME ZONE 'Asia/Shanghai')::date <= sp.ends_on
"""  # noqa: S608
SEQUENCE = """
    SELECT 'sales pool ' || sales_pool_id, 'its sharings-out are not numbered 1, 2, 3 …',
           NULL::timestamptz
      FROM settlement_sharingout GROUP BY sales_pool_id
    HAVING min(sequence) <> 1 OR max(sequence) <> count(*) OR count(DISTINCT sequence) <> count(*)
"""

# E and R as they were. What was booked in the five minutes before may or may not be in them; lines
# are released in batches of one moment, each whole.
EARNED = f"""
    WITH legs AS (
        SELECT s.id, -p.amount_fen AS fen, line.released_at,
               t.created_at < s.created_at - interval '5 minutes' AS known
          FROM settlement_sharingout s
          JOIN ledger_account a ON a.sales_pool_id = s.sales_pool_id
          JOIN ledger_posting p ON p.account_id = a.id
          JOIN ledger_transaction t ON t.id = p.transaction_id
          LEFT JOIN routing_consignmentline line ON line.id = p.consignment_line_id
         WHERE t.kind <> 'shared' AND t.created_at <= s.created_at
    ), earned AS (
        SELECT id, sum(fen) FILTER (WHERE known OR fen < 0) AS least,
               sum(fen) FILTER (WHERE known OR fen > 0) AS most
          FROM legs GROUP BY id
    ), cutoffs AS (
        SELECT id, created_at - interval '5 minutes' AS at FROM settlement_sharingout
        UNION
        SELECT s.id, legs.released_at FROM settlement_sharingout s JOIN legs ON legs.id = s.id
         WHERE legs.released_at BETWEEN s.created_at - interval '5 minutes' AND s.created_at
    ), released AS (
        SELECT c.id, c.at, coalesce(sum(fen) FILTER (WHERE known OR fen < 0), 0) AS least,
               coalesce(sum(fen) FILTER (WHERE known OR fen > 0), 0) AS most
          FROM cutoffs c LEFT JOIN legs ON legs.id = c.id AND legs.released_at <= c.at
         GROUP BY c.id, c.at
    )
    SELECT {NAMED},
           'says E = ' || s.earned_fen || ' and R = ' || s.released_fen || ', the ledger had E = '
           || coalesce(e.least, 0) || coalesce(' to ' || nullif(e.most, e.least), '')
           || ' and R = ' || (SELECT max(r.most) FROM released r WHERE r.id = s.id),
           NULL::timestamptz
      FROM settlement_sharingout s
      LEFT JOIN earned e ON e.id = s.id
     WHERE s.earned_fen NOT BETWEEN coalesce(e.least, 0) AND coalesce(e.most, 0)
        OR NOT EXISTS (SELECT 1 FROM released r
                        WHERE r.id = s.id AND s.released_fen BETWEEN r.least AND r.most)
        OR s.released_fen > s.earned_fen OR s.released_fen < 0
        OR (s.finished AND s.released_fen <> s.earned_fen)
"""  # noqa: S608

# A credit is released once the return window is over, not before; then it stays released.
WINDOW_OVER = """
    least(c.delivered_at, c.shipped_at + make_interval(days => %(release_days)s))
    + make_interval(days => line.return_days)
"""
RELEASED = f"""
    SELECT 'consignment line ' || line.id, 'was released before its return window was over',
           NULL::timestamptz
      FROM routing_consignmentline line JOIN routing_consignment c ON c.id = line.consignment_id
     WHERE line.released_at IS NOT NULL
       AND (line.packed_grams IS NULL OR c.shipped_at IS NULL
            OR line.released_at < {WINDOW_OVER} OR line.released_at > %(now)s)
"""  # noqa: S608
TO_RELEASE = f"""
    SELECT 'consignment line ' || line.id, 'is to be released by the next sharing-out',
           {WINDOW_OVER}
      FROM routing_consignmentline line JOIN routing_consignment c ON c.id = line.consignment_id
     WHERE line.released_at IS NULL AND line.packed_grams IS NOT NULL
       AND c.state IN ('shipped', 'delivered') AND {WINDOW_OVER} <= %(now)s
"""  # noqa: S608

CHECKS = (
    Check("sharing.pools", "SELECT count(*) FROM settlement_salespool", (POOLS, PERIODS)),
    Check(
        "sharing.cuts",
        "SELECT count(*) FROM settlement_sharingout",
        (RATES, SEQUENCE, EARNED, cuts),
    ),
    Check(
        "sharing.released",
        "SELECT count(*) FROM routing_consignmentline WHERE released_at IS NOT NULL",
        (RELEASED, TO_RELEASE),
        nightly=True,
    ),
    DUE_CHECK,
)
