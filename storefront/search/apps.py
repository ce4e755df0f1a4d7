from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "storefront.search"
    # Oscar's own search app, which is not used, has the label "search".
    label = "produce_search"
    verbose_name = _("Search")
    default_auto_field = "django.db.models.BigAutoField"
