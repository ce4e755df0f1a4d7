"""A buyer's cases: included at "orders/"."""

from django.urls import path

from storefront.aftersales.cases import buyer_views

app_name = "cases"

urlpatterns = [
    path("<slug:number>/lines/<int:line_id>/case/", buyer_views.new, name="new"),
    path("<slug:number>/cases/<int:case_id>/reply/", buyer_views.reply, name="reply"),
    path("<slug:number>/cases/<int:case_id>/escalate/", buyer_views.escalate, name="escalate"),
    path("<slug:number>/case-pictures/<int:picture_id>/", buyer_views.picture, name="picture"),
]
