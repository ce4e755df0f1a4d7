"""Every address of the site. Wagtail's catch-all comes last."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from storefront.health import healthz, readyz
from storefront.look.views import style

TO_OURS = RedirectView.as_view(pattern_name="accounts:login", query_string=True)
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    # Wagtail's own sign-in pages know nothing of the second step: ours stand in their places.
    path("cms/login/", TO_OURS, name="wagtailadmin_login"),
    path("_util/login/", TO_OURS, name="wagtailcore_login"),
    path("cms/", include(wagtailadmin_urls)),
    path("r/", include("livestream.campaigns.urls")),
    path("live/ingest/", include("livestream.video.urls")),
    path("live/", include("livestream.room.urls")),
    path("payments/", include("storefront.payments.urls")),
    path("coop/<str:coop>/cases/", include("storefront.aftersales.cases.coop_urls")),
    path("coop/", include("cooperatives.portal.urls")),
    path("look/", include("storefront.look.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("storefront.accounts.urls")),
    path("checkout/", include("storefront.checkout.urls")),
    path("orders/", include("storefront.aftersales.cases.buyer_urls")),
    path("orders/", include("storefront.shop.order_urls")),
    path("messages/", include("storefront.notifications.urls")),
    path("dev/mailbox/", include("storefront.notifications.mailbox_urls")),
    path("dev/style/", style, name="style"),
    path("basket/codes/", include("storefront.discounts.urls")),
    path("search/", include("storefront.search.urls")),
    path("impact/", include("storefront.impact.urls")),
    path("", include("storefront.pictures.urls")),
    path("", include("storefront.reviews.urls")),
    path("", include("storefront.wishes.urls")),
    path("", include("storefront.shop.urls")),
    path("", include("storefront.pages.urls")),
    path("documents/", include(wagtaildocs_urls)),
]
if settings.SERVE_MEDIA:
    urlpatterns.append(
        re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT})
    )
urlpatterns.append(path("", include(wagtail_urls)))
