from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "storefront.reviews"
    # "reviews" is Oscar's, whose reviews know nothing of deliveries and stay unused.
    label = "shop_reviews"
    verbose_name = _("Reviews")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from storefront.reviews import receivers  # noqa: F401
