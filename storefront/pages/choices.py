"""What an editor may choose from in a block: rows of the database, by their stable codes."""

from catalog.models import in_language
from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign

# So many of the newest campaigns are offered: older ones are history.
CAMPAIGNS = 50


def partner_choices() -> list[tuple[str, str]]:
    """(code, "village · cooperative") of each cooperative."""
    rows = Partner.objects.order_by("county", "village").only(
        "code", "village", "village_en", "name", "name_en"
    )
    return [(row.code, f"{row.village_name} · {row.display_name}") for row in rows]


def campaign_choices() -> list[tuple[str, str]]:
    """(code, name) of the newest campaigns."""
    rows = Campaign.objects.order_by("-starts_at").only("code", "name_zh", "name_en")
    return [(row.code, in_language(row.name_zh, row.name_en)) for row in rows[:CAMPAIGNS]]
