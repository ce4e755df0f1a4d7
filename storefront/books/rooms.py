"""Live rooms: flash prices and limits are counted as payments hold and bought them."""

from storefront.books.base import Check

FLASHES = """
    SELECT 'flash price ' || f.id,
           'says ' || f.held || ' packs held and ' || f.sold || ' sold of ' || f.quantity
           || '; payments say ' || coalesce(h.held, 0) || ' and ' || coalesce(h.sold, 0),
           NULL::timestamptz
      FROM live_offers_flashprice f
      LEFT JOIN (SELECT flash_id, sum(packs) FILTER (WHERE state = 'held') AS held,
                        sum(packs) FILTER (WHERE state = 'sold') AS sold
                   FROM live_offers_roomhold GROUP BY flash_id) h ON h.flash_id = f.id
     WHERE (f.held, f.sold) <> (coalesce(h.held, 0), coalesce(h.sold, 0))
        OR f.held + f.sold > f.quantity OR f.held < 0 OR f.sold < 0
    UNION ALL
    SELECT 'shelf item ' || item_id, 'has ' || count(*) || ' flash prices at a time', NULL
      FROM live_offers_flashprice WHERE ended_at IS NULL GROUP BY item_id HAVING count(*) > 1
"""


def _counts(table: str, owner: str, most: str) -> str:
    """The counts of one table, against the payments that hold or bought."""
    return f"""
    SELECT '{owner} ' || coalesce(c.{owner}_id, h.{owner}_id) || ' for ' || coalesce(c.key, h.key),
           'is counted with ' || coalesce(c.packs, 0) || ' packs, payments have '
           || coalesce(h.packs, 0), NULL::timestamptz
      FROM {table} c
      FULL JOIN (SELECT {owner}_id, key.value AS key, sum(packs) AS packs
                   FROM live_offers_roomhold
                  CROSS JOIN LATERAL jsonb_array_elements_text(buyer) AS key
                  WHERE state IN ('held', 'sold') AND {most} IS NOT NULL
                  GROUP BY {owner}_id, key.value) h
        ON h.{owner}_id = c.{owner}_id AND h.key = c.key
     WHERE coalesce(c.packs, 0) <> coalesce(h.packs, 0) OR c.packs > c.most
    UNION ALL
    SELECT '{owner} ' || {owner}_id || ' for ' || key, 'is counted in two rows', NULL
      FROM {table} GROUP BY {owner}_id, key HAVING count(*) > 1
    """  # noqa: S608  names of our own tables


# What a payment's snapshot says of its lines from a room, and what is held for them.
HOLDS = """
    SELECT 'payment ' || coalesce(s.uuid, h.attempt_id) || ', line ' || coalesce(s.line, h.line),
           CASE WHEN h.id IS NULL THEN 'nothing was held of its flash price or limit'
                WHEN s.uuid IS NULL THEN 'is held as from a room, its snapshot knows nothing of it'
                ELSE 'is ' || h.state || ' and not as its snapshot says' END, NULL::timestamptz
      FROM (SELECT a.uuid, a.state, (r.value->>'line')::int AS line,
                   (r.value->>'item')::bigint AS item_id, (r.value->>'packs')::int AS packs,
                   (r.value->>'limit')::int AS item_most, (r.value->>'flash')::bigint AS flash_id,
                   (r.value->>'flash_limit')::int AS flash_most,
                   (r.value->>'unit_fen')::bigint AS unit_fen, a.snapshot->'buyer' AS buyer,
                   a.snapshot->'lines'->(r.value->>'line')::int AS whole
              FROM payments_paymentattempt a
             CROSS JOIN LATERAL jsonb_array_elements(a.snapshot->'room') AS r(value)
             WHERE r.value->>'flash' IS NOT NULL OR r.value->>'limit' IS NOT NULL) s
      FULL JOIN live_offers_roomhold h ON h.attempt_id = s.uuid AND h.line = s.line
      LEFT JOIN live_offers_flashprice f ON f.id = s.flash_id
      LEFT JOIN live_sessions_shelfitem i ON i.id = s.item_id
     WHERE h.id IS NULL OR s.uuid IS NULL
        OR (s.item_id, s.packs) <> (h.item_id, h.packs)
        OR (s.flash_id, s.item_most, s.flash_most)
           IS DISTINCT FROM (h.flash_id, h.item_most, h.flash_most)
        OR h.buyer <> CASE WHEN s.item_most IS NULL AND s.flash_most IS NULL THEN '[]'::jsonb
                           ELSE s.buyer END
        OR (s.packs, s.unit_fen) IS DISTINCT FROM
           ((s.whole->>'packs')::int, (s.whole->>'unit_fen')::bigint)
        OR (s.flash_id IS NOT NULL AND (f.item_id, f.price_fen, f.per_buyer)
            IS DISTINCT FROM (s.item_id, s.unit_fen, s.flash_most))
        OR i.pack_id IS DISTINCT FROM (s.whole->>'product_id')::bigint
        OR CASE s.state WHEN 'placed' THEN h.state <> 'sold'
                        WHEN 'open' THEN h.state = 'sold'
                        ELSE h.state <> 'released' END
    UNION ALL
    SELECT 'payment ' || attempt_id || ', line ' || line, 'is held twice', NULL
      FROM live_offers_roomhold GROUP BY attempt_id, line HAVING count(*) > 1
"""

CHECKS = (
    Check("rooms.flash_prices", "SELECT count(*) FROM live_offers_flashprice", (FLASHES,)),
    Check(
        "rooms.holds",
        "SELECT count(*) FROM live_offers_roomhold",
        (
            HOLDS,
            _counts("live_offers_flashcount", "flash", "flash_most"),
            _counts("live_offers_itemcount", "item", "item_most"),
        ),
    ),
)
