"""Files for machines: included at the root."""

from django.urls import path, re_path
from django.views.decorators.http import require_safe

from storefront.pages import views
from storefront.pages.feeds import WritingsFeed

app_name = "pages"

urlpatterns = [
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap_index, name="sitemap"),
    re_path(
        r"^sitemap-(?P<name>pages|produce-[0-9]+)\.xml$", views.sitemap_file, name="sitemap-file"
    ),
    path("feeds/<slug:language>.xml", require_safe(WritingsFeed()), name="feed"),
]
