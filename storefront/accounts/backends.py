"""Sign-in by e-mail or phone."""

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db.models import Q


class EmailOrPhoneBackend(ModelBackend):
    """Accepts an e-mail address (any case) or a phone number, and a password."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        """The user whose e-mail or phone and password these are, or None."""
        name = (username or kwargs.get("email") or "").strip()
        if not name or password is None:
            return None
        users = get_user_model()._default_manager
        user = users.filter(Q(email__iexact=name) | Q(phone=name)).first()
        if user is None:
            # Spend the same time as for a known name, so that nobody learns who has an account.
            get_user_model()().set_password(password)
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None
