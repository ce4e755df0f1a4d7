"""Drawings: every packed gram comes from a lot once, and takes its part of the money along."""

from storefront.books.base import Check

NAMED = "'drawing ' || d.id || ' of consignment line ' || d.line_id"

DRAWS = f"""
    SELECT {NAMED},
           CASE WHEN d.grams <> coalesce(s.grams, 0)
                    THEN 'is of ' || d.grams || ' g, its draws of ' || coalesce(s.grams, 0)
                ELSE 'has a draw of 0 g, or the wrong way' END, NULL::timestamptz
      FROM routing_drawing d
      LEFT JOIN (SELECT drawing_id, sum(grams) AS grams, min(grams) AS least, max(grams) AS most
                   FROM routing_draw GROUP BY drawing_id) s ON s.drawing_id = d.id
     WHERE d.grams <> coalesce(s.grams, 0) OR d.grams = 0 OR s.least = 0 OR s.most = 0
        OR sign(s.least) <> sign(d.grams) OR sign(s.most) <> sign(d.grams)
"""  # noqa: S608
FROM_ITS_POOL = """
    SELECT 'draw ' || draw.id, 'takes lot ' || lot.code || ', which is not of its line''s pool',
           NULL::timestamptz
      FROM routing_draw draw
      JOIN routing_drawing d ON d.id = draw.drawing_id
      JOIN routing_consignmentline line ON line.id = d.line_id
      JOIN households_lot lot ON lot.id = draw.lot_id
     WHERE lot.pool_id <> line.pool_id
"""
SEQUENCE = """
    SELECT 'consignment line ' || line_id, 'its drawings are not numbered 1, 2, 3 …',
           NULL::timestamptz
      FROM routing_drawing GROUP BY line_id
    HAVING min(sequence) <> 1 OR max(sequence) <> count(*) OR count(DISTINCT sequence) <> count(*)
"""
REVERSED = f"""
    SELECT {NAMED}, 'is not the exact opposite of the drawing that it reverses', NULL::timestamptz
      FROM routing_drawing d
      LEFT JOIN routing_drawing o ON o.id = d.reverses_id
     WHERE d.reverses_id IS NOT NULL
       AND (o.id IS NULL OR o.line_id <> d.line_id OR o.grams <> -d.grams OR o.grams < 0
            OR o.reverses_id IS NOT NULL OR o.sequence >= d.sequence
            OR EXISTS (SELECT 1 FROM routing_draw draw WHERE draw.drawing_id IN (d.id, o.id)
                        GROUP BY draw.lot_id HAVING sum(draw.grams) <> 0 OR count(*) <> 2))
"""  # noqa: S608
REVERSED_ONCE = """
    SELECT 'drawing ' || reverses_id, 'is reversed twice', NULL::timestamptz
      FROM routing_drawing WHERE reverses_id IS NOT NULL GROUP BY reverses_id HAVING count(*) > 1
"""
# What came back to its lots came back by a refund, which the stock journal names.
PUT_BACK = """
    SELECT 'consignment line ' || coalesce(d.line_id, m.line_id),
           coalesce(d.grams, 0) || ' g of it are back in their lots, the stock journal says '
           || coalesce(m.grams, 0), NULL::timestamptz
      FROM (SELECT line_id, -sum(grams) AS grams FROM routing_drawing
             WHERE grams < 0 AND reverses_id IS NULL GROUP BY line_id) d
      FULL JOIN (SELECT substring(reference from '/line:(\\d{1,18})$')::bigint AS line_id,
                        sum(on_hand) AS grams
                   FROM partner_stockmove WHERE cause = 'returned' GROUP BY 1
                 HAVING sum(on_hand) <> 0) m
        ON m.line_id = d.line_id
     WHERE coalesce(d.grams, 0) <> coalesce(m.grams, 0)
"""  # noqa: S608
# Never from a lot that was not there yet, nor dated otherwise than its packing.
DATED = f"""
    SELECT {NAMED}, 'is dated before the sale of its line', NULL::timestamptz
      FROM routing_drawing d
      JOIN routing_consignmentline line ON line.id = d.line_id
      JOIN routing_consignment c ON c.id = line.consignment_id
     WHERE d.created_at < c.paid_at
"""  # noqa: S608

# What each packing moved from `sales` to the sales pools, by the ledger.
MOVED = """
    SELECT t.id AS transaction_id, t.source_id, p.consignment_line_id AS line_id, a.sales_pool_id,
           sum(p.amount_fen) AS fen
      FROM ledger_transaction t
      JOIN ledger_posting p ON p.transaction_id = t.id
      JOIN ledger_account a ON a.id = p.account_id
     WHERE t.kind = 'packed' AND t.source_type = 'drawing'
     GROUP BY t.id, t.source_id, p.consignment_line_id, a.sales_pool_id
"""
# The amount: the drawn part of what lay in `sales`, rounded down; the last one takes the rest.
# Once goods came back, the grams to divide by are no longer told by the rows: those are skipped.
AMOUNTS = f"""
    WITH legs AS (
        SELECT p.consignment_line_id AS line_id, p.transaction_id, sum(p.amount_fen) AS fen
          FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
         WHERE a.kind = 'sales' AND p.consignment_line_id IS NOT NULL
         GROUP BY 1, 2
    ), running AS (
        SELECT line_id, transaction_id, fen,
               fen - sum(fen) OVER (PARTITION BY line_id ORDER BY transaction_id) AS lay_there
          FROM legs
    ), live AS (
        SELECT d.*, line.packed_grams + d.grams
               - sum(d.grams) OVER (PARTITION BY d.line_id ORDER BY d.sequence) AS undrawn
          FROM routing_drawing d
          JOIN routing_consignmentline line ON line.id = d.line_id AND line.returned_grams = 0
         WHERE d.reverses_id IS NULL AND line.packed_grams IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM routing_drawing o WHERE o.reverses_id = d.id)
    )
    SELECT {NAMED},
           'took ' || running.fen || ' of ' || running.lay_there || ' fen along for ' || d.grams
           || ' of ' || d.undrawn || ' g', NULL::timestamptz
      FROM live d
      JOIN ledger_transaction t
        ON t.kind = 'packed' AND t.source_type = 'drawing' AND t.source_id = d.id::text
      LEFT JOIN running ON running.transaction_id = t.id AND running.line_id = d.line_id
     WHERE running.fen IS DISTINCT FROM
           div(running.lay_there * d.grams, nullif(d.undrawn, 0))
"""  # noqa: S608
# …cut over the sales pools of the lots by grams, by largest remainder, ties to the older pool.
CUTS = f"""
    WITH moved AS ({MOVED}),
    grams AS (
        SELECT d.id, d.line_id, lot.sales_pool_id, sum(draw.grams) AS grams, d.grams AS whole
          FROM routing_drawing d
          JOIN routing_draw draw ON draw.drawing_id = d.id
          JOIN households_lot lot ON lot.id = draw.lot_id
         WHERE d.grams > 0 AND d.reverses_id IS NULL
         GROUP BY d.id, d.line_id, lot.sales_pool_id, d.grams
    ), floors AS (
        SELECT grams.*, total.fen AS total, div(total.fen * grams.grams, grams.whole) AS floor,
               mod(total.fen * grams.grams, grams.whole::numeric) AS remainder
          FROM grams
          JOIN moved total ON total.source_id = grams.id::text AND total.sales_pool_id IS NULL
                          AND total.line_id = grams.line_id
    ), parts AS (
        SELECT *, floor + CASE WHEN row_number() OVER (
                      PARTITION BY id ORDER BY remainder DESC, sales_pool_id
                  ) <= total - sum(floor) OVER (PARTITION BY id) THEN 1 ELSE 0 END AS fen
          FROM floors
    )
    SELECT 'drawing ' || coalesce(parts.id::text, moved.source_id),
           'sales pool ' || coalesce(parts.sales_pool_id, moved.sales_pool_id)
           || ' should have got ' || coalesce(parts.fen, 0) || ' fen, it got '
           || coalesce(-moved.fen, 0),
           NULL::timestamptz
      FROM parts
      FULL JOIN (SELECT * FROM moved WHERE sales_pool_id IS NOT NULL) moved
        ON moved.source_id = parts.id::text AND moved.sales_pool_id = parts.sales_pool_id
       AND moved.line_id = parts.line_id
     WHERE coalesce(parts.fen, 0) <> coalesce(-moved.fen, 0)
"""  # noqa: S608
UNDONE = f"""
    SELECT {NAMED}, 'is reversed in the lots or in the ledger, but not in both', NULL::timestamptz
      FROM routing_drawing d
      JOIN ledger_transaction t
        ON t.kind = 'packed' AND t.source_type = 'drawing' AND t.source_id = d.id::text
     WHERE EXISTS (SELECT 1 FROM routing_drawing o WHERE o.reverses_id = d.id)
        <> EXISTS (SELECT 1 FROM ledger_transaction o WHERE o.reverses_id = t.id)
"""  # noqa: S608

CHECKS = (
    Check(
        "drawings.grams",
        "SELECT count(*) FROM routing_draw",
        (DRAWS, FROM_ITS_POOL, SEQUENCE, REVERSED, REVERSED_ONCE, PUT_BACK, DATED),
    ),
    Check(
        "drawings.money",
        "SELECT count(*) FROM routing_drawing",
        (AMOUNTS, CUTS, UNDONE),
    ),
)
