from django.apps import AppConfig


class OffersConfig(AppConfig):
    name = "livestream.offers"
    label = "live_offers"
    default_auto_field = "django.db.models.BigAutoField"
