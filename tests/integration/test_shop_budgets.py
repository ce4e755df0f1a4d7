"""Queries that the shop's pages may take: as few at 2,000 produce as at 20."""

import pytest
from django.urls import reverse

from storefront.accounts.models import User
from tests.support.shop import make_many

pytestmark = pytest.mark.django_db
LIST, PRODUCT, BASKET = 12, 17, 16
GUEST, GUEST_BUYING, MEMBER_BUYING = "guest", "guest with a basket", "member with a basket"
# What the head of every page needs of a visitor: the basket's count; session and user.
OWN = {GUEST: 0, GUEST_BUYING: 1, MEMBER_BUYING: 3}


@pytest.mark.parametrize("count", [20, 2000])
@pytest.mark.parametrize("buyer", [GUEST, GUEST_BUYING, MEMBER_BUYING])
def test_the_shops_pages_stay_within_their_budgets(
    client, count, buyer, django_assert_max_num_queries
):
    packs = make_many(count)
    if buyer == MEMBER_BUYING:
        client.force_login(User.objects.create(email="buyer@example.org"))
    if buyer != GUEST:
        for pack in packs[:5]:
            client.post(reverse("shop:basket-add"), {"pack": pack.pk, "quantity": 1})
    category = packs[0].produce.category.slug

    with django_assert_max_num_queries(LIST + OWN[buyer]):
        first = client.get(reverse("shop:produce-list"))
    with django_assert_max_num_queries(LIST + OWN[buyer]):
        late = client.get(reverse("shop:produce-list"), {"category": category, "page": "9999"})
    with django_assert_max_num_queries(PRODUCT + OWN[buyer]):
        product = client.get(packs[3].get_absolute_url())
    with django_assert_max_num_queries(BASKET):
        basket = client.get(reverse("shop:basket"))

    assert len(first.context["cards"]) == min(count, 24)
    assert late.context["shown"].number == late.context["shown"].paginator.num_pages
    assert product.context["shown"].chosen.available == 40
    assert len(basket.context["shown"].lines) == (0 if buyer == GUEST else 5)
