from django.apps import AppConfig


class SpeedConfig(AppConfig):
    name = "storefront.speed"
    label = "speed"
    default_auto_field = "django.db.models.BigAutoField"
