from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "storefront.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cooperatives.ports import bind_messages
        from storefront.notifications.port import BuyerMessages

        bind_messages(BuyerMessages())
