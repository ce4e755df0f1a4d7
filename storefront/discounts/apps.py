from django.apps import AppConfig


class DiscountsConfig(AppConfig):
    name = "storefront.discounts"
    label = "discounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bind the gift balances that refunds fill again, and what live rooms can hand out."""
        from cooperatives.ports import bind_gifts
        from livestream.room.coupons import bind
        from storefront.discounts import coupons, gifts

        bind_gifts(gifts)
        bind(coupons)
