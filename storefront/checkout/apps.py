from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "storefront.checkout"
    label = "shop_checkout"
    default_auto_field = "django.db.models.BigAutoField"
