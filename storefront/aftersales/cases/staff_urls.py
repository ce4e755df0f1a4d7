"""The staff's pages of cases, under Wagtail's admin at "cases/"."""

from django.urls import path

from storefront.aftersales.cases import staff_views

app_name = "staff-cases"

urlpatterns = [
    path("", staff_views.cases, name="list"),
    path("<int:case_id>/", staff_views.case, name="case"),
    path("<int:case_id>/reply/", staff_views.reply, name="reply"),
    path("<int:case_id>/decide/", staff_views.decide, name="decide"),
    path("<int:case_id>/assign/", staff_views.assign, name="assign"),
    path("<int:case_id>/bearer/", staff_views.bearer, name="bearer"),
    path("<int:case_id>/evidence/", staff_views.evidence, name="evidence"),
    path("<int:case_id>/accept/", staff_views.accept, name="accept"),
    path("pictures/<int:picture_id>/", staff_views.picture, name="picture"),
]
