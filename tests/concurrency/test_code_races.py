"""One code, used by many at once: one is let in; wrong tries at once are no more than five."""

import re

from django.core import mail

from storefront.accounts import codes
from storefront.accounts.contacts import Reached
from storefront.accounts.models import OneTimeCode
from tests.support.racers import call


def test_a_code_used_by_many_at_once_lets_one_in(race):
    code = codes.ask(Reached("mail", "buyer@example.org"), "sign_in", "en")
    digits = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]

    given = race([call("use_code", code.pk, digits) for _ in range(8)])

    assert sorted(item.value for item in given) == ["in"] + ["refused"] * 7
    assert OneTimeCode.objects.get().tries <= codes.MOST_TRIES
    assert OneTimeCode.objects.get().used_at is not None
