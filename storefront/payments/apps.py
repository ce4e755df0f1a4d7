from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "storefront.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks of `manage.py check --deploy`, and who records sales elsewhere."""
        from cooperatives.ports import bind_sales
        from storefront.payments import checks, elsewhere  # noqa: F401

        bind_sales(elsewhere)
