"""Attribution: each order line is credited to exactly one thing, with its evidence."""

from storefront.books.base import Check

ONE_CURRENT = """
    SELECT 'order line ' || l.id,
           'has ' || coalesce(s.roots, 0) || ' first attributions and ' || coalesce(s.current, 0)
           || ' current ones', NULL::timestamptz
      FROM order_line l
      LEFT JOIN (SELECT a.order_line_id, count(*) FILTER (WHERE a.replaces_id IS NULL) AS roots,
                        count(*) FILTER (WHERE next.id IS NULL) AS current
                   FROM campaigns_lineattribution a
                   LEFT JOIN campaigns_lineattribution next ON next.replaces_id = a.id
                  GROUP BY a.order_line_id) s ON s.order_line_id = l.id
     WHERE coalesce(s.roots, 0) <> 1 OR coalesce(s.current, 0) <> 1
"""
CHAIN = """
    SELECT 'attribution ' || a.id, 'does not follow from the one that it replaces',
           NULL::timestamptz
      FROM campaigns_lineattribution a
      LEFT JOIN campaigns_lineattribution old ON old.id = a.replaces_id
     WHERE a.replaces_id IS NOT NULL
       AND (old.id IS NULL OR old.order_line_id <> a.order_line_id OR old.id >= a.id
            OR a.evidence->>'replaces' IS DISTINCT FROM old.rule
            OR a.evidence->>'campaign' IS DISTINCT FROM old.campaign_id::text
            OR a.rule NOT IN ('assigned', 'none') OR a.named_by_id IS NULL OR a.reason = '')
"""
REPLACED_ONCE = """
    SELECT 'attribution ' || replaces_id, 'is replaced twice', NULL::timestamptz
      FROM campaigns_lineattribution WHERE replaces_id IS NOT NULL
     GROUP BY replaces_id HAVING count(*) > 1
"""
# A tracked link that counts was among the candidates frozen when payment started, and a live
# session is the one from whose room the basket line came.
EVIDENCE = """
    SELECT 'attribution ' || a.id,
           'is credited by ' || a.rule || ' to campaign ' || coalesce(a.campaign_id::text, 'none')
           || ', which its evidence does not say', NULL::timestamptz
      FROM campaigns_lineattribution a
      LEFT JOIN order_line l ON l.id = a.order_line_id
      LEFT JOIN payments_paymentattempt p ON p.order_id = l.order_id
     WHERE (a.rule = 'none') <> (a.campaign_id IS NULL)
        OR a.rule NOT IN ('fair_till', 'assigned', 'coupon', 'room', 'link', 'platform', 'none')
        OR (a.replaces_id IS NULL AND a.rule = 'none' AND a.evidence <> '{}'::jsonb)
        OR (a.replaces_id IS NULL AND a.rule <> 'link' AND a.evidence->>'link' IS NOT NULL)
        OR (a.replaces_id IS NULL AND a.rule = 'link' AND NOT EXISTS (
                SELECT 1 FROM jsonb_array_elements(p.snapshot->'touches') AS touch(value)
                 WHERE touch.value->>'link' = a.evidence->>'link'
                   AND touch.value->>'at' = a.evidence->>'at'
                   AND touch.value->>'campaign' = a.campaign_id::text))
        OR (a.replaces_id IS NULL AND a.rule = 'coupon' AND NOT EXISTS (
                SELECT 1 FROM jsonb_array_elements(p.snapshot->'discounts') AS d(value),
                              jsonb_array_elements(d.value->'lines') AS cut(value)
                 WHERE d.value->>'code' = a.evidence->>'coupon'
                   AND d.value->>'terms' = a.evidence->>'terms'
                   AND d.value->>'campaign' = a.campaign_id::text
                   AND (cut.value->>0)::int = (SELECT count(*) FROM order_line before
                                                WHERE before.order_id = l.order_id
                                                  AND before.id < l.id)))
        OR (a.replaces_id IS NULL AND a.rule <> 'coupon' AND a.evidence->>'coupon' IS NOT NULL)
        OR (a.replaces_id IS NULL AND a.rule IN ('room', 'platform')
            AND a.evidence->>'session' IS NULL)
        OR (a.evidence->>'session' IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM live_sessions_livesession s
                 WHERE s.id::text = a.evidence->>'session' AND s.campaign_id = a.campaign_id
                   AND NOT s.rehearsal AND s.started_at IS NOT NULL))
        OR (a.evidence->>'session' IS NOT NULL AND p.snapshot IS NOT NULL
            AND (p.snapshot->'lines'->(SELECT count(*) FROM order_line before
                                        WHERE before.order_id = l.order_id
                                          AND before.id < l.id)::int->>'source')
                IS DISTINCT FROM 'room:' || (a.evidence->>'session'))
        OR (a.evidence->>'flash' IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM jsonb_array_elements(p.snapshot->'room') AS r(value)
                 WHERE r.value @> (a.evidence - 'session') AND r.value->>'flash' IS NOT NULL
                   AND (r.value->>'line')::int = (SELECT count(*) FROM order_line before
                                                   WHERE before.order_id = l.order_id
                                                     AND before.id < l.id)))
        OR (a.replaces_id IS NULL AND a.rule NOT IN ('link', 'none')
            AND p.snapshot->>'channel' = 'site' AND a.evidence = '{}'::jsonb)
        OR (a.replaces_id IS NULL AND (a.named_by_id IS NOT NULL OR a.reason <> ''))
        OR (a.replaces_id IS NULL AND a.created_at <> p.paid_at)
"""

CHECKS = (
    Check(
        "attribution.lines",
        "SELECT count(*) FROM order_line",
        (ONE_CURRENT, CHAIN, REPLACED_ONCE, EVIDENCE),
    ),
)
