"""Staff for tests."""

from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles


def person(role: Role, language: str = "en") -> User:
    """Somebody of the staff in a role, `<role>@example.org`."""
    user = User.objects.create_user(
        email=f"{role}@example.org", password="pears-4-me", language=language
    )
    user.is_staff = True
    user.save()
    user.groups.add(seed_roles()[role])
    return user
