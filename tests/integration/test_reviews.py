"""Reviews: only by who bought it and got it, public once staff published them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from catalog.clock import now
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.reviews import services
from storefront.reviews.models import Review, ReviewPicture
from storefront.reviews.selectors import average_tenths, rating_of, reviews_of
from storefront.reviews.services import Decision, Draft, ReviewRefused
from tests.support import chain
from tests.support.cases import arrive, photo

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script> & <b>好吃</b>"


@pytest.fixture(autouse=True)
def unlimited() -> None:
    cache.clear()


@pytest.fixture
def bought(stripe) -> dict[str, Any]:
    """A buyer's order that is still on its way, and their browser."""
    grove = chain.make_grove("A", grams=100_000)
    buyer = User.objects.create_user(email="b@example.org", password="secret-words-9")
    order = chain.buy([(grove.pack, 2)], user=buyer)
    client = Client()
    client.force_login(buyer)
    line = order.lines.get()
    address = reverse("shop-reviews:write", args=[order.number, line.pk])
    return {
        "grove": grove,
        "produce": grove.produce,
        "order": order,
        "line": line,
        "client": client,
        "buyer": buyer,
        "address": address,
        "sent": {"stars": "5", "text": NASTY, "shown_as": "name"},
    }


def decide(review: Review, **more: Any) -> Review:
    actor = User.objects.filter(email="m@example.org").first() or User.objects.create_user(
        email="m@example.org"
    )
    review.refresh_from_db()
    decision = Decision(**({"publish": True} | more))
    return services.decide(review.pk, decision, seen_at=review.changed_at, actor=actor)


def test_only_what_was_delivered_to_oneself_is_reviewed(bought):
    # Given a parcel on its way
    assert bought["client"].get(bought["address"]).status_code == 200
    assert bought["client"].post(bought["address"], bought["sent"]).status_code == 422
    assert not Review.objects.exists()

    # When it arrived, then others find nothing, nor does the buyer by a foreign line's number
    arrive(bought["order"])
    other = chain.buy([(bought["grove"].pack, 1)])
    foreign = reverse("shop-reviews:write", args=[bought["order"].number, other.lines.get().pk])
    stranger = Client()
    stranger.force_login(User.objects.create_user(email="s@example.org"))
    for client, address in (
        (Client(), bought["address"]),
        (stranger, bought["address"]),
        (bought["client"], foreign),
    ):
        assert client.get(address).status_code == 404
        assert client.post(address, bought["sent"]).status_code == 404
    for wrong in ({"stars": "6"}, {"stars": ""}, {"text": "长" * 1001}, {"shown_as": "phone"}):
        assert bought["client"].post(bought["address"], bought["sent"] | wrong).status_code == 422
    assert not Review.objects.exists()

    # And the buyer has one, however often they send it
    for stars in ("5", "4"):
        answer = bought["client"].post(bought["address"], bought["sent"] | {"stars": stars})
        assert answer.status_code == 302
    review = Review.objects.get()
    assert (review.stars, review.state, review.nickname) == (4, "waiting", "买**")
    assert (review.produce, review.user) == (bought["produce"], bought["buyer"])


def test_staff_publish_it_and_only_then_it_is_seen_as_text(bought):
    arrive(bought["order"])
    sent = bought["sent"] | {"pictures": [photo(), photo("b.jpg")]}
    assert bought["client"].post(bought["address"], sent).status_code == 302
    review = Review.objects.get()
    picture = review.pictures.first()
    public = reverse("shop-reviews:picture", args=[picture.key, 240, "avif"])
    own = reverse("shop-reviews:own-picture", args=[bought["order"].number, picture.pk])
    page = bought["produce"].get_absolute_url()

    # Given one that waits: nobody sees words or pictures of it
    assert "alert(1)" not in Client().get(page).content.decode()
    assert Client().get(public).status_code == 404
    assert Client().get(own).status_code == 404
    assert bought["client"].get(own).status_code == 200

    # When somebody without the right decides, nothing changes; with it, it is public
    address = reverse("staff-reviews:review", args=[review.pk])
    decision = {"decision": "publish", "seen_at": review.changed_at.isoformat()}
    decision |= {"reply": "谢谢！<i>", "reply_by": "programme"}
    for role in (Role.AUDITOR, Role.EDITOR, Role.MODERATOR):
        staff = Client(raise_request_exception=False)
        user = User.objects.create(email=f"{role}@example.org", is_staff=True)
        user.groups.add(seed_roles()[role])
        staff.force_login(user)
        answer = staff.post(address, decision)
        review.refresh_from_db()
        assert review.is_published == (role == Role.MODERATOR), answer.content.decode()[:500]
    shown = Client().get(page).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in shown
    assert "<script>alert(1)" not in shown
    assert "谢谢！&lt;i&gt;" in shown
    assert "买**" in shown
    assert "b@example.org" not in shown
    for image_format in ("avif", "webp"):
        answer = Client().get(public.replace("avif", image_format))
        assert (answer.status_code, answer["Content-Type"]) == (200, f"image/{image_format}")
    assert Client().get(public.replace("240", "241")).status_code == 404
    assert Client().get(public.replace("avif", "jpeg")).status_code == 404

    # And its author cannot change it any more
    for again in (bought["sent"], {"delete": "1"}):
        assert bought["client"].post(bought["address"], again).status_code == 422
    assert Review.objects.get().text == NASTY

    # And refused after all, it is gone with its pictures
    decide(review, publish=False, reason="电话号码")
    assert Client().get(public).status_code == 404
    assert "alert(1)" not in Client().get(page).content.decode()
    assert "电话号码" in bought["client"].get(bought["address"]).content.decode()


def test_pictures_are_few_checked_and_go_with_the_review(
    bought, django_capture_on_commit_callbacks
):
    arrive(bought["order"])
    client, address, sent = bought["client"], bought["address"], bought["sent"]
    five = {"pictures": [photo(f"{n}.jpg") for n in range(5)]}
    fake = photo()
    fake.file.seek(0)
    fake.file.write(b"<svg onload=alert(1)>")
    fake.file.seek(0)
    for wrong in (five, {"pictures": [fake]}):
        assert client.post(address, sent | wrong).status_code == 422
    assert not Review.objects.exists()

    three = {"pictures": [photo(f"{n}.jpg") for n in range(3)]}
    assert client.post(address, sent | three).status_code == 302
    two = {"pictures": [photo("x.jpg"), photo("y.jpg")]}
    assert client.post(address, sent | two).status_code == 422
    assert ReviewPicture.objects.count() == 3
    two = {"pictures": [photo("x.jpg"), photo("y.jpg")]}
    first = ReviewPicture.objects.first()
    assert client.post(address, sent | two | {"dropped": [first.pk]}).status_code == 302
    assert ReviewPicture.objects.count() == 4

    storage, name = first.image.storage, ReviewPicture.objects.last().image.name
    assert storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, {"delete": "1"}).status_code == 302
    assert not Review.objects.exists()
    assert not storage.exists(name)


def test_what_staff_read_is_what_they_publish(bought):
    arrive(bought["order"])
    number, line = bought["order"].number, bought["line"].pk
    review = services.write(number, line, Draft(5, "好"), bought["buyer"])
    read_at = review.changed_at - timedelta(seconds=1)

    with pytest.raises(ReviewRefused):
        services.decide(review.pk, Decision(True), seen_at=read_at, actor=bought["buyer"])
    with pytest.raises(ReviewRefused):
        decide(review, publish=False)

    review.refresh_from_db()
    assert (review.state, review.decided_at) == ("waiting", None)


def test_the_average_is_exact_and_the_page_takes_three_queries(
    bought, django_assert_max_num_queries
):
    assert [average_tenths(*each) for each in ((0, 0), (5, 1), (9, 2), (13, 3), (131, 30))] == [
        0,
        50,
        45,
        43,
        44,
    ]
    for stars in (5, 4, 4, 5, 4, 4):
        order = chain.buy([(bought["grove"].pack, 1)], user=bought["buyer"])
        Review.objects.create(
            produce=bought["produce"],
            order_line=order.lines.get(),
            stars=stars,
            state="published",
            decided_at=now(),
            created_at=now(),
            changed_at=now(),
        )
    produce = type(bought["produce"]).objects.get(pk=bought["produce"].pk)

    with django_assert_max_num_queries(3):
        shown = reviews_of(produce, 2)
        pictures = [list(one.pictures.all()) for one in shown.page]

    assert pictures == [[]]
    assert (shown.rating.count, shown.rating.shown, shown.rating.stars) == (6, "4.3", 4)
    assert rating_of(produce).tenths == 43
    rest = Client().get(
        reverse("shop-reviews:of-produce", args=[produce.code]),
        {"page": "nonsense"},
        headers={"HX-Request": "true"},
    )
    assert rest.content.decode().count('<article class="review">') == 5
    assert "<html" not in rest.content.decode()
