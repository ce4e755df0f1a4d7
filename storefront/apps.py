from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "storefront"
    label = "storefront"
    default_auto_field = "django.db.models.BigAutoField"
