"""A cooperative's cases: included at "coop/<code>/cases/"."""

from django.urls import path

from storefront.aftersales.cases import coop_views

app_name = "coop-cases"

urlpatterns = [
    path("", coop_views.case_list, name="list"),
    path("<int:case_id>/", coop_views.case, name="case"),
    path("<int:case_id>/reply/", coop_views.reply, name="reply"),
    path("<int:case_id>/decide/", coop_views.decide, name="decide"),
    path("pictures/<int:picture_id>/", coop_views.picture, name="picture"),
]
