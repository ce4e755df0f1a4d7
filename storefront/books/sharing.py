"""Sales pools: what came in, what was credited, and what is not shared yet (DESIGN §6).

Each sharing-out is cut once more here from the row's own figures, by the rule as DESIGN states
it, and compared with what the ledger has credited up to it.
"""

from storefront.books.base import Check
from storefront.books.earned import earned
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
# The times of two transactions at one moment say nothing of which came first.
HELD = """
    SELECT 'consignment line ' || line.id, 'was released while ' || held.key || ' held it',
           NULL::timestamptz
      FROM settlement_releasehold held
      JOIN routing_consignmentline line ON line.id = held.line_id
     WHERE line.released_at > held.created_at + interval '1 minute'
       AND (held.lifted_at IS NULL OR line.released_at < held.lifted_at - interval '1 minute')
"""
TO_RELEASE = f"""
    SELECT 'consignment line ' || line.id, 'is to be released by the next sharing-out',
           {WINDOW_OVER}
      FROM routing_consignmentline line JOIN routing_consignment c ON c.id = line.consignment_id
     WHERE line.released_at IS NULL AND line.packed_grams IS NOT NULL
       AND c.state IN ('shipped', 'delivered') AND {WINDOW_OVER} <= %(now)s
       AND NOT EXISTS (SELECT FROM settlement_releasehold held
                        WHERE held.line_id = line.id AND held.lifted_at IS NULL)
"""  # noqa: S608

CHECKS = (
    Check("sharing.pools", "SELECT count(*) FROM settlement_salespool", (POOLS, PERIODS)),
    Check(
        "sharing.cuts",
        "SELECT count(*) FROM settlement_sharingout",
        (RATES, SEQUENCE, earned, cuts),
    ),
    Check(
        "sharing.released",
        "SELECT count(*) FROM routing_consignmentline WHERE released_at IS NOT NULL",
        (RELEASED, HELD, TO_RELEASE),
        nightly=True,
    ),
    DUE_CHECK,
)
