"""Every figure against what it is the figure of, in plain SQL: for after a race."""

import psycopg

from catalog.clock import today

# Each gives the rows that are wrong.
CHECKS = {
    "a pool's figures are its journal's sums": """
        SELECT pool.id FROM partner_stockpool pool LEFT JOIN partner_stockmove move
            ON move.pool_id = pool.id
         GROUP BY pool.id
        HAVING (pool.on_hand, pool.promised, pool.reserved, pool.allocated)
            IS DISTINCT FROM (coalesce(sum(move.on_hand), 0), coalesce(sum(move.promised), 0),
                              coalesce(sum(move.reserved), 0), coalesce(sum(move.allocated), 0))
    """,
    "on hand is what lots have left": """
        SELECT pool.id FROM partner_stockpool pool WHERE pool.on_hand <> (
            SELECT coalesce(sum(grams - drawn_grams - written_off_grams), 0)
              FROM households_lot WHERE pool_id = pool.id)
    """,
    "promised is what promises count": """
        SELECT pool.id FROM partner_stockpool pool WHERE pool.promised <> (
            SELECT coalesce(sum(counted_grams), 0) FROM households_promise
             WHERE pool_id = pool.id)
    """,
    "reserved is what is held": """
        SELECT pool.id FROM partner_stockpool pool WHERE pool.reserved <> (
            SELECT coalesce(sum(line.grams - line.lost_grams), 0)
              FROM partner_reservationline line
              JOIN partner_reservation reservation ON reservation.id = line.reservation_id
             WHERE line.pool_id = pool.id AND reservation.state = 'held')
    """,
    "allocated is what lines wait for, less shorts": """
        SELECT pool.id FROM partner_stockpool pool WHERE pool.allocated <> (
            SELECT coalesce(sum(CASE WHEN packed_grams IS NULL
                                     THEN ordered_grams - cancelled_grams
                                     ELSE packed_grams - returned_grams - drawn_grams END
                                - short_grams), 0)
              FROM routing_consignmentline WHERE pool_id = pool.id)
    """,
    "a lot is drawn as its draws say": """
        SELECT id FROM households_lot lot WHERE drawn_grams <> (
            SELECT coalesce(sum(grams), 0) FROM routing_draw WHERE lot_id = lot.id)
    """,
    "a line is drawn as its draws say": """
        SELECT id FROM routing_consignmentline line WHERE drawn_grams <> (
            SELECT coalesce(sum(draw.grams), 0) FROM routing_draw draw
              JOIN routing_drawing drawing ON drawing.id = draw.drawing_id
             WHERE drawing.line_id = line.id)
    """,
    "nothing is short while something is free": """
        SELECT line.id FROM routing_consignmentline line
          JOIN partner_stockpool pool ON pool.id = line.pool_id
         WHERE line.short_grams > 0
           AND pool.on_hand + pool.promised > pool.reserved + pool.allocated
    """,
    "no more picking is booked than must be picked": """
        SELECT pool.id FROM partner_stockpool pool
          JOIN partner_pickingday day ON day.pool_id = pool.id
         WHERE day.day >= %(today)s::date
         GROUP BY pool.id HAVING sum(day.taken)
             > greatest(0, pool.reserved + pool.allocated - pool.on_hand)
    """,
    "ledger transactions balance": """
        SELECT transaction_id FROM ledger_posting GROUP BY 1 HAVING sum(amount_fen) <> 0
    """,
    "a line's money is what was paid less what it bore of refunds": """
        SELECT line.id FROM routing_consignmentline line
         WHERE line.net_fen - line.refunded_fen + line.borne_elsewhere_fen <> (
            SELECT coalesce(-sum(posting.amount_fen), 0) FROM ledger_posting posting
              JOIN ledger_account account ON account.id = posting.account_id
             WHERE posting.consignment_line_id = line.id
               AND account.kind IN ('sales', 'pool'))
    """,
    "refunds of a line add up": """
        SELECT line.id FROM routing_consignmentline line WHERE (refunded_fen, cancelled_packs) <> (
            SELECT coalesce(sum(amount_fen), 0), coalesce(sum(packs), 0)
              FROM aftersales_refundline WHERE consignment_line_id = line.id)
    """,
    "no account owes money for a line": """
        SELECT posting.consignment_line_id FROM ledger_posting posting
          JOIN ledger_account account ON account.id = posting.account_id
         WHERE account.kind IN ('sales', 'pool') AND posting.consignment_line_id IS NOT NULL
         GROUP BY posting.consignment_line_id, account.id HAVING sum(posting.amount_fen) > 0
    """,
    "an order line is the sum of its consignment lines": """
        SELECT line.id FROM order_line line WHERE (line.quantity, line.line_price_incl_tax * 100)
            <> (SELECT sum(packs), sum(net_fen) - coalesce((
                    SELECT sum(fen) FROM routing_linesource source
                      JOIN routing_consignmentline part ON part.id = source.consignment_line_id
                     WHERE part.order_line_id = line.id AND kind IN ('programme', 'host')), 0)
                  FROM routing_consignmentline WHERE order_line_id = line.id)
    """,
    "an offer's counters are its uses": """
        SELECT id FROM discounts_terms terms
         WHERE (uses_held, uses_done, budget_held_fen, budget_done_fen) <> (
            SELECT count(*) FILTER (WHERE state = 'held'), count(*) FILTER (WHERE state = 'used'),
                   coalesce(sum(fen) FILTER (WHERE state = 'held'), 0),
                   coalesce(sum(fen) FILTER (WHERE state = 'used'), 0)
              FROM discounts_use WHERE terms_id = terms.id)
    """,
    "a gift voucher's balance is its journal's sum": """
        SELECT gift.id FROM discounts_gift gift WHERE (balance_fen, held_fen) <> (
            SELECT coalesce(sum(balance_fen), 0), coalesce(sum(held_fen), 0)
              FROM discounts_giftmove WHERE gift_id = gift.id)
    """,
    "the ledger owes what gift vouchers are good for": """
        SELECT total FROM (SELECT coalesce(sum(balance_fen + held_fen), 0) AS total
                             FROM discounts_gift) gifts
         WHERE total <> (SELECT coalesce(-sum(amount_fen), 0) FROM ledger_posting posting
                           JOIN ledger_account account ON account.id = posting.account_id
                          WHERE account.kind = 'gift')
    """,
    "a placed attempt has its order and its reservation sold": """
        SELECT attempt.uuid::text FROM payments_paymentattempt attempt
          LEFT JOIN partner_reservation reservation ON reservation.reference = attempt.uuid
         WHERE attempt.state = 'placed' AND reservation.state = 'held'
            OR attempt.state IN ('closed', 'refunded') AND reservation.state = 'held'
    """,
}


def faults(url: str) -> dict[str, list]:
    """{check: ids of wrong rows}; empty when all is right. `url` is the database's."""
    with psycopg.connect(url) as line:
        day = {"today": today()}
        found = {
            name: [row[0] for row in line.execute(query, day)] for name, query in CHECKS.items()
        }
    return {name: ids for name, ids in found.items() if ids}


def deadlocks(superuser_url: str, name: str) -> int:
    """How many deadlocks the server broke in a database so far."""
    with psycopg.connect(superuser_url) as line:
        row = line.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name]
        ).fetchone()
    return row[0] if row else 0
