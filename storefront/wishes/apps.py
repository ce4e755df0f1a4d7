from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WishesConfig(AppConfig):
    name = "storefront.wishes"
    label = "wishes"
    verbose_name = _("Favourites and reminders")
    default_auto_field = "django.db.models.BigAutoField"
