from django.urls import path

from storefront.impact import views

app_name = "impact"
urlpatterns = [
    path("", views.impact, name="page"),
    path("figures.json", views.figures_json, name="json"),
    path("figures.csv", views.figures_csv, name="csv"),
]
