"""Campaigns as staff make them: the form of Wagtail's admin."""

NAMESPACE = "wagtailsnippets_campaigns_campaign"


def rows(name: str, given: list[dict], blank: dict) -> dict:
    """The fields of an inline panel, as a browser posts them."""
    data = {
        f"{name}-TOTAL_FORMS": len(given),
        f"{name}-INITIAL_FORMS": sum(1 for row in given if row.get("id")),
        f"{name}-MIN_NUM_FORMS": 0,
        f"{name}-MAX_NUM_FORMS": 1000,
    }
    for index, row in enumerate(given):
        filled = {"id": "", "DELETE": "", **blank, **row}
        data |= {f"{name}-{index}-{key}": value for key, value in filled.items()}
    return data


def form(links: list[dict], costs: list[dict] | None = None, **fields) -> dict:
    """A campaign's form, as a browser posts it; fields replace those of the season 秋收."""
    link = {"medium": "channel", "channel": "", "produce": "", "code": ""}
    cost = {"kind": "travel", "amount_fen": "", "what_for": "", "day": "2026-09-02"}
    return {
        "code": "autumn",
        "name_zh": "秋收",
        "name_en": "Autumn",
        "page": "",
        "starts_at": "2026-09-01 00:00",
        "ends_at": "2036-09-30 00:00",
        "kind": "season",
        "goal_grams": "",
        "goal_paid_fen": "",
        "goal_households": "",
        **rows("links", links, link),
        **rows("costs", costs or [], cost),
        **fields,
    }
