from django.apps import AppConfig


class VideoConfig(AppConfig):
    name = "livestream.video"
    label = "live_video"
    default_auto_field = "django.db.models.BigAutoField"
