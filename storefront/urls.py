"""Every address of the site. Wagtail's catch-all comes last."""

from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns = [
    path("cms/", include(wagtailadmin_urls)),
    path("r/", include("livestream.campaigns.urls")),
    path("payments/", include("storefront.payments.urls")),
    path("coop/", include("cooperatives.portal.urls")),
    path("", include(wagtail_urls)),
]
