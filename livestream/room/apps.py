from django.apps import AppConfig


class RoomConfig(AppConfig):
    name = "livestream.room"
    label = "live_room"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A session's moves are told to its viewers."""
        from livestream.room.events import record_move
        from livestream.sessions.services import AFTER_MOVE

        AFTER_MOVE.append(record_move)
