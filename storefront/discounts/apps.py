from django.apps import AppConfig


class DiscountsConfig(AppConfig):
    name = "storefront.discounts"
    label = "discounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bind the gift balances that refunds fill again."""
        from cooperatives.ports import bind_gifts
        from storefront.discounts import gifts

        bind_gifts(gifts)
