from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "livestream.sessions"
    # Django's own app is called "sessions".
    label = "live_sessions"
    default_auto_field = "django.db.models.BigAutoField"
