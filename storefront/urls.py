"""Every address of the site. Wagtail's catch-all comes last."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [
    path("cms/", include(wagtailadmin_urls)),
    path("r/", include("livestream.campaigns.urls")),
    path("payments/", include("storefront.payments.urls")),
    path("coop/", include("cooperatives.portal.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("storefront.accounts.urls")),
    path("checkout/", include("storefront.checkout.urls")),
    path("orders/", include("storefront.shop.order_urls")),
    path("", include("storefront.shop.urls")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    path("", include(wagtail_urls)),
]
