"""Buyers choose which messages they get, and how; what they must hear always comes."""

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse

from storefront.notifications import preferences
from storefront.notifications.links import preference_key
from storefront.notifications.models import Message, Preference
from storefront.notifications.preferences import Buyer, NothingLeft, buyer_of, channels_for, choose
from storefront.notifications.services import queue, send
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db
Kind = Message.Kind
GUEST = Buyer("li@example.org", "13800000000")


def tell(order, kind=Kind.DELIVERED, reference="x:1") -> list[tuple[str, str, str]]:
    """(channel, recipient, state) of what is queued."""
    context = {"consignment": order.consignments.get().pk, "amount_fen": 100}
    queue(kind, reference, order, context)
    rows = Message.objects.filter(reference=reference).order_by("channel")
    return list(rows.values_list("channel", "recipient", "state"))


def test_who_never_chose_gets_mail_and_without_an_address_a_text_that_names_nobody_in_the_log(
    caplog,
):
    farm = make_farm()
    assert tell(sell((farm, 2500))) == [("mail", "li@example.org", "waiting")]
    order = sell((farm, 2500), guest_email="", language="en")
    assert tell(order, Kind.REFUNDED, "x:2") == [("sms", "13800000000", "waiting")]

    message = Message.objects.get(channel="sms")
    with caplog.at_level("INFO"):
        assert send(message.pk)

    message.refresh_from_db()
    assert (message.state, message.subject) == ("sent", "")
    assert f"¥1.00 of order {order.number} is refunded" in message.text
    assert f"message {message.pk} (refunded, sms)" in caplog.text
    assert "13800000000" not in caplog.text
    assert order.number not in caplog.text
    assert mail.outbox == []


def test_a_choice_counts_for_each_kind_and_other_buyers_are_not_touched():
    choose(GUEST, {"delivered": ["sms", "mail"], "shipped": [], "refunded": ["wechat"]})
    choose(Buyer("someone@example.org"), {"delivered": []})
    order = sell((make_farm(), 2500), guest_email="Li@example.org")

    assert [row[0] for row in tell(order)] == ["mail", "sms"]
    assert tell(order, Kind.SHIPPED, "x:2") == [("mail", "Li@example.org", "unwanted")]
    assert tell(order, Kind.REFUNDED, "x:3") == [("wechat", "13800000000", "waiting")]
    assert [row[0] for row in tell(order, Kind.CASE, "x:4")] == ["mail"]

    # What is not wanted is never sent, and a choice changed later sends nothing a second time.
    assert not send(Message.objects.get(reference="x:2").pk)
    choose(GUEST, {"shipped": ["sms"]})
    assert tell(order, Kind.SHIPPED, "x:2") == [("mail", "Li@example.org", "unwanted")]


def test_goods_gone_goes_the_way_of_refunds_and_what_reaches_nobody_falls_back(settings):
    choose(GUEST, {"refunded": ["sms"], "ready": ["wechat"]})
    assert channels_for(GUEST, Kind.GOODS_GONE) == (["sms"], True)
    # a channel that the site gave up
    settings.MESSAGE_CHANNELS = {
        name: path for name, path in settings.MESSAGE_CHANNELS.items() if name == "mail"
    }
    assert channels_for(GUEST, Kind.GOODS_GONE) == (["mail"], True)
    assert channels_for(GUEST, Kind.READY) == (["mail"], True)


@pytest.mark.parametrize("kind", ["confirmed", "refunded", "case"])
def test_what_must_be_heard_is_never_left_without_a_way(kind):
    choose(GUEST, {"shipped": []})
    with pytest.raises(NothingLeft):
        choose(GUEST, {"delivered": [], kind: []})
    for wrong in ({"nothing": ["mail"]}, {kind: ["pigeon"]}):
        with pytest.raises(ValueError, match="nothing|pigeon"):
            choose(GUEST, wrong)
    assert Preference.objects.get().choices == {"shipped": []}


def boxes(**changed) -> dict:
    everything = {kind: ["mail"] for kind in preferences.ASKED}
    return {kind: names for kind, names in {**everything, **changed}.items() if names}


def test_a_guest_chooses_by_the_link_under_a_message(client, sent_mail):
    message, sent = sent_mail
    address = reverse("messages:choose", args=[preference_key(message.pk)])
    assert f"http://testserver{address}" in sent.body
    assert f'href="http://testserver{address}"' in sent.alternatives[0][0]
    assert sent.extra_headers["List-Unsubscribe"] == f"<http://testserver{address}>"
    page = client.get(address).content.decode()
    assert "li@example.org" not in page  # a forwarded mail tells nobody the address

    answer = client.post(address, boxes(delivered=[], shipped=["sms"]))

    assert (answer.status_code, answer["Location"]) == (302, address)
    assert (Preference.objects.get().contact, Preference.objects.get().user) == (
        "li@example.org",
        None,
    )
    assert channels_for(GUEST, Kind.DELIVERED) == (["mail"], False)
    assert channels_for(GUEST, Kind.SHIPPED) == (["sms"], True)
    refused = client.post(address, boxes(case=[]))
    assert refused.status_code == 422
    assert channels_for(GUEST, Kind.SHIPPED) == (["sms"], True)


@pytest.fixture
def sent_mail():
    """A delivered-message of a guest, and its mail."""
    tell(sell((make_farm(), 2500), language="en"))
    message = Message.objects.get()
    assert send(message.pk)
    return message, mail.outbox[0]


def test_the_mail_programmes_own_button_stops_what_one_may_stop(sent_mail):
    from django.test import Client

    message, sent = sent_mail
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    choose(GUEST, {"ready": ["mail", "sms"]})
    client = Client(enforce_csrf_checks=True)

    address = reverse("messages:choose", args=[preference_key(message.pk)])
    answer = client.post(address, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    stopped = {"shipped": [], "delivered": [], "reminder": [], "live": []}
    assert Preference.objects.get().choices == {**stopped, "ready": ["sms"]}
    assert channels_for(GUEST, Kind.CONFIRMED) == (["mail"], True)
    queue(Kind.REFUNDED, "x:9", message.order, {"amount_fen": 1})
    send(Message.objects.get(reference="x:9").pk)
    assert "List-Unsubscribe-Post" not in mail.outbox[1].extra_headers


def test_a_wrong_key_opens_nothing(client, sent_mail):
    key = preference_key(sent_mail[0].pk)
    number, _, signature = key.partition(":")
    for wrong in (f"{int(number) + 1}:{signature}", number, key[:-1] + "x", "x:y"):
        address = reverse("messages:choose", args=[wrong])
        assert client.get(address).status_code == 404
        assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert not Preference.objects.exists()


def test_a_member_chooses_in_the_account_and_it_counts_for_every_order(client):
    user = get_user_model().objects.create_user(
        email="wang@example.org", phone="13900000000", password="pears-4-me"
    )
    address = reverse("messages:own")
    assert client.get(address).status_code == 302
    client.force_login(user)
    assert address in client.get(reverse("orders:own")).content.decode()

    assert client.post(address, boxes(shipped=["wechat"], delivered=[])).status_code == 302

    order = sell((make_farm(), 2500), user=user, guest_email="")
    assert Preference.objects.get().user == user
    assert buyer_of(order).contact == ""
    assert [row[0] for row in tell(order, Kind.SHIPPED)] == ["wechat"]
    assert tell(order, Kind.DELIVERED, "x:2")[0][2] == "unwanted"
    # a guest with the member's address has no part in that
    guest = sell((make_farm("plum"), 2500), guest_email="wang@example.org")
    assert tell(guest, Kind.DELIVERED, "x:3")[0][2] == "waiting"
