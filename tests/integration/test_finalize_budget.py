"""Placing an order costs what it must, and no more."""

import pytest

from storefront.payments.finalizing import finalize
from tests.support import chain

pytestmark = pytest.mark.django_db


def test_finalize_of_three_lines_of_three_cooperatives_stays_within_sixty_queries(
    stripe, django_assert_max_num_queries
):
    groves = [chain.make_grove(code, grams=50_000) for code in "ABC"]
    attempt = chain.start([(grove.pack, 1) for grove in groves])
    chain.pay(attempt)

    with django_assert_max_num_queries(60):
        outcome = finalize(attempt.uuid)

    assert outcome.order.lines.count() == 3
    assert outcome.order.consignments.count() == 3
