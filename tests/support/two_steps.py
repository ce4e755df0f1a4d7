"""People with a second factor, and what their apps show."""

from storefront.accounts import second_factor
from storefront.accounts.models import User

PASSWORD = "mountain-goods-42"


def person(email: str, *, staff: bool = False) -> User:
    """Somebody with a password; staff may do anything."""
    user = User(email=email, is_staff=staff, is_superuser=staff)
    user.set_password(PASSWORD)
    user.save()
    return user


def digits(secret: str, ahead: int = 0) -> str:
    """What the app shows now, or so many steps of 30 seconds from now."""
    return second_factor.digits_at(secret, second_factor.step_now() + ahead)


def set_up(user: User) -> tuple[str, list[str]]:
    """Set a second factor up: its secret and the recovery codes. The next step's code is good."""
    secret = second_factor.new_secret()
    return secret, second_factor.set_up(user, secret, digits(secret))
