"""The staff's pages about live sessions, under Wagtail's admin."""

from django.urls import path

from livestream.figures import screen
from livestream.figures import views as figures
from livestream.sessions import card_views, staff_views

app_name = "live"

urlpatterns = [
    path("", staff_views.sessions, name="sessions"),
    path("new/", staff_views.edit_session, name="new"),
    path("words/", card_views.check_words, name="words"),
    path("<int:session_id>/", staff_views.session, name="session"),
    path("<int:session_id>/report/", figures.report, name="report"),
    path("<int:session_id>/screen/", screen.screen, name="screen"),
    path("<int:session_id>/report.xlsx", figures.report_file, name="report-file"),
    path("<int:session_id>/edit/", staff_views.edit_session, name="edit"),
    path("<int:session_id>/move/", staff_views.move_session, name="move"),
    path("<int:session_id>/delete/", staff_views.delete_session, name="delete"),
    path("<int:session_id>/channels/new/", staff_views.edit_channel, name="new-channel"),
    path("<int:session_id>/channels/<int:channel_id>/", staff_views.edit_channel, name="channel"),
    path(
        "<int:session_id>/channels/<int:channel_id>/remove/",
        staff_views.remove_channel,
        name="remove-channel",
    ),
    path("<int:session_id>/items/", staff_views.add_item, name="add-item"),
    path("<int:session_id>/items/<int:item_id>/", staff_views.change_item, name="item"),
    path("<int:session_id>/cards/", card_views.cards, name="cards"),
    path("<int:session_id>/cards/<int:item_id>/", card_views.edit_card, name="card"),
]
