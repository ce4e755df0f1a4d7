"""Where a session stands between the first and the second step of signing in.

Whoever has a second factor is signed in by both alone: after the first the session holds who
passed it and until when, and nobody is signed in. What signs in around `services.sign_in` is
caught at the next request: without the mark of the second step a session is nobody's.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from catalog.clock import now
from storefront.accounts.models import User

BACKEND = "storefront.accounts.backends.EmailOrPhoneBackend"
MINUTES = 10
# The session's: who passed the first step, and which second factor was passed.
HELD, PASSED = "second_step_held", "second_step_passed"
# Who proved their contact by a code so lately may set a password without the present one.
FRESH, FRESH_SECONDS = "code_fresh", 15 * 60


@dataclass(frozen=True)
class Held:
    """Somebody who passed the first step."""

    user: User
    then: str
    by_code: bool


def hold(request: HttpRequest, user: User, then: str = "", by_code: bool = False) -> None:
    """Note that somebody passed the first step; nobody is signed in. Another session key."""
    if SESSION_KEY in request.session:
        request.session.flush()
    else:
        request.session.cycle_key()
    request.session.pop(FRESH, None)
    request.session[HELD] = {
        "user": user.pk,
        "until": int(now().timestamp()) + MINUTES * 60,
        # A new password, or signing out everywhere, ends this, too.
        "hash": user.get_session_auth_hash(),
        "then": then,
        "by_code": by_code,
    }
    request.user = AnonymousUser()


def held(request: HttpRequest) -> Held | None:
    """Who passed the first step here, if it is still good."""
    noted = request.session.get(HELD)
    if not noted or noted["until"] <= now().timestamp():
        return None
    user = User.objects.filter(pk=noted["user"], is_active=True).first()
    if user is None or not constant_time_compare(noted["hash"], user.get_session_auth_hash()):
        return None
    return Held(user, noted["then"], noted["by_code"])


def let_go(request: HttpRequest) -> None:
    """Forget who passed the first step."""
    request.session.pop(HELD, None)


def let_in(request: HttpRequest, user: User, by_code: bool = False) -> None:
    """Sign somebody in who passed all steps that they need. The session gets another key."""
    let_go(request)
    login(request, user, backend=BACKEND)
    mark(request, user)
    if by_code:
        request.session[FRESH] = int(now().timestamp()) + FRESH_SECONDS
    else:
        request.session.pop(FRESH, None)


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session was proved by a code a moment ago."""
    return request.session.get(FRESH, 0) > now().timestamp()


def mark(request: HttpRequest, user: User) -> None:
    """Note which second factor this session passed; none where there is none."""
    if user.second_factor_at is None:
        request.session.pop(PASSED, None)
    else:
        request.session[PASSED] = _mark_of(user)


def _mark_of(user: User) -> str:
    return f"{user.pk}:{user.second_factor_at.isoformat()}" if user.second_factor_at else ""


def user_of(request: HttpRequest) -> Any:
    """Who a request is of. A session that lacks the second step is held, and nobody's."""
    user = get_user(request)
    if not isinstance(user, User) or user.second_factor_at is None:
        return user
    if request.session.get(PASSED) == _mark_of(user):
        return user
    hold(request, user)
    return AnonymousUser()


def works_here(user: Any) -> bool:
    """Whether somebody may enter the staff's pages."""
    return user.is_authenticated and user.has_perm("wagtailadmin.access_admin")


def is_required(user: Any) -> bool:
    """Whether somebody has to have a second factor."""
    if settings.STAFF_SECOND_FACTOR != "required" or not user.is_authenticated:
        return False
    return user.is_staff or user.is_superuser or works_here(user)


def lacks(user: Any) -> bool:
    """Whether somebody has to set a second factor up before a staff page opens."""
    return user.is_authenticated and user.second_factor_at is None and is_required(user)
