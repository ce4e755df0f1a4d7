"""Staff pages about messages: found, copied, sent once more, worded; for the permitted alone."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse

from catalog.clock import now
from storefront.accounts.roles import seed_roles
from storefront.notifications import wording
from storefront.notifications.models import Message, MessageText
from storefront.notifications.services import queue, send
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db


def person(role: str | None):
    user = get_user_model().objects.create_user(
        email=f"{role or 'nobody'}@example.org", password="pears-4-me"
    )
    if role:
        seed_roles()
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def admin(client):
    client.force_login(person("administrator"))
    return client


@pytest.fixture
def two() -> list[Message]:
    """A mail that failed for good, and a text message that went out."""
    farm = make_farm()
    for address, kind in (("li@example.org", "refunded"), ("", "confirmed")):
        order = sell((farm, 2500), guest_email=address, language="en")
        queue(kind, f"test:{order.pk}", order, {"amount_fen": 1250})
    failed, sent = Message.objects.order_by("pk")
    Message.objects.filter(pk=failed.pk).update(state="failed", tries=10, error="OSError: no <b>")
    assert send(sent.pk)
    return list(Message.objects.order_by("pk"))


def found(client, **query) -> list[str]:
    page = client.get(reverse("staff-messages:list"), query)
    assert page.status_code == 200
    return [message.kind for message in page.context["shown"]]


def test_messages_are_found_by_order_state_kind_and_channel(admin, two):
    assert found(admin) == ["confirmed", "refunded"]
    assert found(admin, state="failed") == ["refunded"]
    assert found(admin, kind="confirmed") == ["confirmed"]
    assert found(admin, channel="mail") == ["refunded"]
    assert found(admin, q=two[1].order.number) == ["confirmed"]
    assert found(admin, q="nothing", state="failed") == []
    assert found(admin, state="nonsense") == []
    page = admin.get(reverse("staff-messages:list")).content.decode()
    assert "OSError: no &lt;b&gt;" in page
    assert two[1].text.splitlines()[0] in page  # to copy
    order_page = admin.get(reverse("staff:order", args=[two[1].order.number])).content.decode()
    assert two[1].text.splitlines()[0] in order_page
    assert reverse("staff-messages:message", args=[two[1].pk]) in order_page


def test_a_message_is_sent_once_more_and_its_text_shows_before_it_went(admin, two):
    failed = two[0]
    page = admin.get(reverse("staff-messages:message", args=[failed.pk])).content.decode()
    assert f"We have given back ¥12.50 of order {failed.order.number}." in page

    address = reverse("staff-messages:resend", args=[failed.pk])
    assert admin.get(address).status_code == 405
    assert admin.post(address).status_code == 302
    failed.refresh_from_db()
    assert (failed.state, failed.tries, failed.resent, failed.error) == ("waiting", 0, 1, "")
    assert failed.resent_at is not None and failed.try_at <= now()
    assert admin.post(address).status_code == 302
    failed.refresh_from_db()
    assert failed.resent == 1
    assert admin.post(reverse("staff-messages:resend", args=[999_999])).status_code == 404


def words(**changed) -> dict:
    shipped = {code: wording.default("shipped", code, "mail") for code in ("zh-hans", "en")}
    form = {"order": ""}
    for code, text in shipped.items():
        form |= {f"subject_{code}": text.subject, f"body_{code}": text.body}
    return {**form, **changed}


def test_a_wording_is_changed_previewed_and_taken_back(admin):
    address = reverse("staff-messages:wording", args=["shipped", "mail"])
    page = admin.get(address).content.decode()
    assert "{waybill}" in page
    assert "云岭合作社" in page
    assert admin.post(address, words()).status_code == 302
    assert not MessageText.objects.exists()

    changed = words(body_en="Off it goes: {waybill} <i>")
    answer = admin.post(reverse("staff-messages:preview", args=["shipped", "mail"]), changed).json()
    assert answer["errors"] == {}
    assert "Off it goes: SF1234567890 &lt;i&gt;" in answer["said"]["en"]["html"]
    assert answer["said"]["zh-hans"]["text"].startswith("云岭合作社已经把您的包裹发出了。")
    assert not MessageText.objects.exists()
    assert admin.post(address, changed).status_code == 302
    text = MessageText.objects.get()
    assert (text.kind, text.language, text.channel, text.version, text.body) == (
        "shipped",
        "en",
        "mail",
        1,
        "Off it goes: {waybill} <i>",
    )
    assert text.created_by.email == "administrator@example.org"

    assert admin.post(address, {"default": "en"}).status_code == 302
    assert wording.effective("shipped", "en", "mail").is_default
    assert MessageText.objects.count() == 2


def test_a_preview_with_a_real_order_says_what_its_buyer_would_read(admin):
    order = sell((make_farm("kiwi"), 2500), language="en")
    address = reverse("staff-messages:preview", args=["shipped", "mail"])

    said = admin.post(address, words(order=order.number)).json()["said"]
    assert "kiwi co-op has sent your parcel." in said["en"]["text"]
    assert "kiwi果 五斤 × 1" in said["zh-hans"]["text"]
    answer = admin.post(address, words(order="T999999")).json()
    assert list(answer["errors"]) == ["order"]


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"body_en": "Hello {nobody}"}, "{nobody}"),
        ({"subject_zh-hans": "{amount}"}, "{amount}"),
        ({"body_en": ""}, ""),
        ({"subject_en": ""}, ""),
        ({"body_en": "x" * 5001}, ""),
        ({"order": "T999999"}, ""),
    ],
)
def test_a_faulty_wording_is_named_at_its_field_and_not_kept(admin, fault, name):
    address = reverse("staff-messages:wording", args=["shipped", "mail"])
    answer = admin.post(address, words(**fault))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(fault)
    assert name in str(answer.context["form"].errors)
    assert not MessageText.objects.exists()
    for wrong in (["shipped", "pigeon"], ["nothing", "mail"]):
        assert admin.get(reverse("staff-messages:wording", args=wrong)).status_code == 404


# What each role may: see messages, send one again, change wording.
MAY = {
    None: (False, False, False),
    "auditor": (True, False, False),
    "finance": (True, False, False),
    "editor": (False, False, True),
    "administrator": (True, True, True),
}


@pytest.mark.parametrize("role", MAY)
def test_each_role_may_what_it_should_and_a_denial_changes_nothing(client, two, role):
    sees, resends, words_it = MAY[role]
    client.force_login(person(role))
    pk, place = two[0].pk, ["shipped", "mail"]
    changed = words(body_en="Hello")
    asked = [
        (sees, client.get(reverse("staff-messages:list"))),
        (sees, client.get(reverse("staff-messages:message", args=[pk]))),
        (resends, client.post(reverse("staff-messages:resend", args=[pk]))),
        (words_it, client.get(reverse("staff-messages:wordings"))),
        (words_it, client.get(reverse("staff-messages:wording", args=place))),
        (words_it, client.post(reverse("staff-messages:preview", args=place), changed)),
        (words_it, client.post(reverse("staff-messages:wording", args=place), changed)),
    ]
    for may, answer in asked:
        turned_away = answer.status_code == 302 and not answer["Location"].startswith("/cms/messag")
        assert turned_away is not may
    assert Message.objects.get(pk=pk).state == ("waiting" if resends else "failed")
    assert MessageText.objects.count() == int(words_it)


def test_the_preview_is_inside_its_frame_and_nowhere_else(admin):
    page = admin.get(reverse("staff-messages:wording", args=["refunded", "mail"])).content.decode()

    assert page.count('srcdoc="&lt;!DOCTYPE html&gt;') == 2
    assert "<h1>We have given back" not in page
