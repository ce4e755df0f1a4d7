"""What the campaigns app adds to Wagtail's admin."""

from wagtail.snippets.models import register_snippet

from livestream.campaigns.admin import CampaignViewSet

register_snippet(CampaignViewSet)
