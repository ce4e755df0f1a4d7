"""The outbox: queued with what it tells of, sent once, in the order's language."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import transaction
from django.urls import reverse
from kombu.exceptions import OperationalError

from catalog.clock import now
from cooperatives.portal.models import Membership
from cooperatives.ports import messages
from cooperatives.routing.models import Consignment
from storefront.notifications import services, tasks
from storefront.notifications.models import Message
from storefront.notifications.preferences import Buyer, choose
from storefront.notifications.services import queue, send
from storefront.order.links import check_key, order_address, order_key
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.fixture
def sent_to_worker(monkeypatch) -> list[int]:
    """The ids that were handed to the broker."""
    handed: list[int] = []
    monkeypatch.setattr(tasks.send_message, "delay", handed.append)
    return handed


def the_message(order, kind=Message.Kind.CONFIRMED, context=None) -> Message:
    queue(kind, f"test:{order.pk}", order, context or {})
    return Message.objects.get()


def test_a_message_is_handed_over_after_the_commit_and_once(
    sent_to_worker, django_capture_on_commit_callbacks
):
    order = sell((make_farm(), 2500))
    with django_capture_on_commit_callbacks(execute=True):
        queue("confirmed", "order:1", order, {})
        queue("confirmed", "order:1", order, {})
        assert sent_to_worker == []

    message = Message.objects.get()
    assert (message.state, message.recipient, message.language) == (
        State.WAITING,
        "li@example.org",
        "zh-hans",
    )
    assert set(sent_to_worker) == {message.pk}


def test_what_is_rolled_back_leaves_no_message(sent_to_worker):
    order = sell((make_farm(), 2500))
    with pytest.raises(RuntimeError), transaction.atomic():
        queue("confirmed", "order:1", order, {})
        raise RuntimeError
    assert not Message.objects.exists()


def test_a_broker_that_is_down_breaks_nothing_and_the_sweep_hands_over(
    monkeypatch, django_capture_on_commit_callbacks, sent_to_worker
):
    def down(message_id: int) -> None:
        raise OperationalError("no broker")

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(tasks.send_message, "delay", down)
        queue("confirmed", "order:1", sell((make_farm(), 2500)), {})
        message = Message.objects.get()
    assert (message.state, sent_to_worker) == (State.WAITING, [])

    assert tasks.sweep_messages() == 1
    assert sent_to_worker == [message.pk]


def test_a_buyer_who_cannot_be_reached_gets_none():
    queue("confirmed", "order:1", sell((make_farm(), 2500), guest_email="", contact_phone=""), {})
    queue("goods_gone", "attempt:1", None, {"email": "", "language": "en", "amount_fen": 100})
    assert not Message.objects.exists()


def test_a_members_mail_goes_to_the_account_when_the_order_names_none():
    user = get_user_model().objects.create_user(email="wang@example.org", password="pears-4-me")
    message = the_message(sell((make_farm(), 2500), guest_email="", user=user))
    assert message.recipient == "wang@example.org"


def test_it_is_sent_once_however_often_it_is_asked_for():
    message = the_message(sell((make_farm(), 2500)))

    assert [send(message.pk) for _ in range(3)] == [True, False, False]

    assert len(mail.outbox) == 1
    message.refresh_from_db()
    assert (message.state, message.tries) == (State.SENT, 1)
    assert message.sent_at


def test_a_claimed_message_is_left_to_its_sender_until_its_time_is_over(set_clock):
    message = the_message(sell((make_farm(), 2500)))
    assert services._claim(message.pk)
    assert not send(message.pk)
    set_clock(130)
    assert send(message.pk)


def test_a_worker_killed_after_sending_sends_a_second_time_with_the_same_id(monkeypatch, set_clock):
    """The window of "at least once": mail has no way to ask whether it was taken."""
    message = the_message(sell((make_farm(), 2500)))

    def killed(*given) -> None:
        raise SystemExit  # no `except Exception` sees it, as none sees SIGKILL

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(services, "_sent", killed)
        send(message.pk)
    message.refresh_from_db()
    assert (message.state, message.tries, len(mail.outbox)) == (State.WAITING, 1, 1)
    assert services.due_messages() == []

    set_clock(130)
    assert services.due_messages() == [message.pk]
    assert send(message.pk)
    first, second = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first == second
    assert not send(message.pk)


def test_each_channel_has_its_own_row_and_one_that_fails_holds_up_no_other(monkeypatch):
    choose(Buyer("li@example.org"), {"confirmed": ["mail", "sms"]})
    queue("confirmed", "order:1", sell((make_farm(), 2500)), {})
    by_mail, by_sms = Message.objects.order_by("channel")

    def refuse(self) -> int:
        raise OSError("mail server down")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert [send(by_mail.pk), send(by_sms.pk)] == [False, True]
    assert list(Message.objects.order_by("channel").values_list("state", "tries")) == [
        ("waiting", 1),
        ("sent", 1),
    ]


def test_a_failure_is_tried_again_ever_later_and_given_up_after_ten(monkeypatch, set_clock):
    message = the_message(sell((make_farm(), 2500)))

    def refuse(self) -> int:
        raise OSError("mail server down")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    seconds, waits = 0, []
    for tries in range(1, 11):
        assert not send(message.pk)
        message.refresh_from_db()
        assert (message.tries, message.error) == (tries, "OSError: mail server down")
        wait = int((message.try_at - now()).total_seconds()) + 1
        waits.append(round(wait / 60))
        assert services.due_messages() == []
        seconds += wait + 1
        set_clock(seconds)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert message.state == State.FAILED
    assert (services.due_messages(), send(message.pk), mail.outbox) == ([], False, [])


def test_a_message_whose_last_sender_died_is_given_up():
    message = the_message(sell((make_farm(), 2500)))
    Message.objects.filter(pk=message.pk).update(tries=10, try_at=now() - timedelta(hours=1))
    assert services.due_messages() == []
    message.refresh_from_db()
    assert message.state == State.FAILED


@pytest.mark.parametrize(("language", "word"), [("en", "Thank you"), ("zh-hans", "pear果 五斤")])
def test_the_confirmation_is_in_the_orders_language(language, word):
    order = sell((make_farm(), 2500), freight_fen=600, language=language)

    send(the_message(order).pk)

    text, html = mail.outbox[0].body, mail.outbox[0].alternatives[0][0]
    for body in (text, html):
        assert word in body
        assert "¥25.00" in body
        assert "¥6.00" in body
        assert "¥31.00" in body
    assert order_address(order.number) in text
    assert mail.outbox[0].subject.count(order.number) == 1


def test_the_mail_escapes_html_in_html_and_not_in_text():
    farm = make_farm()
    farm.produce.name_en = "Ham & <b>eggs</b>"
    farm.produce.save()
    send(the_message(sell((farm, 2500), language="en")).pk)
    assert "Ham & <b>eggs</b> 2.5 kg × 1" in mail.outbox[0].body
    assert "Ham &amp; &lt;b&gt;eggs&lt;/b&gt; 2.5 kg × 1" in mail.outbox[0].alternatives[0][0]


def test_goods_gone_needs_no_order():
    context = {"email": "li@example.org", "language": "en", "amount_fen": 3100}
    queue("goods_gone", "attempt:1", None, context)
    assert send(Message.objects.get().pk)
    assert "All of your ¥31.00 goes back" in mail.outbox[0].body
    assert mail.outbox[0].to == ["li@example.org"]


def test_a_refund_names_its_amount():
    order = sell((make_farm(), 2500), language="en")
    send(the_message(order, Message.Kind.REFUNDED, {"amount_fen": 1250}).pk)
    assert f"¥12.50 of order {order.number}" in mail.outbox[0].body


def test_the_port_mails_shipped_and_delivered_and_no_other_state():
    order = sell((make_farm(), 2500), language="en")
    consignment = order.consignments.get()
    Consignment.objects.update(carrier="SF", waybill="SF123")
    for state in ("paid", "packed", "shipped", "shipped", "delivered", "cancelled"):
        messages().consignment_changed(consignment.pk, state)

    assert [message.kind for message in Message.objects.order_by("pk")] == ["shipped", "delivered"]
    for message in Message.objects.order_by("pk"):
        assert send(message.pk)
    shipped, delivered = mail.outbox
    assert "pear co-op has sent your parcel" in shipped.body
    assert "Waybill number: SF123" in shipped.body
    assert "pear 2.5 kg × 1" in delivered.body


def test_a_corrected_waybill_is_told_again():
    order = sell((make_farm(), 2500))
    consignment = order.consignments.get()
    for waybill in ("SF123", "SF124", "SF124"):
        Consignment.objects.update(waybill=waybill)
        messages().consignment_changed(consignment.pk, "shipped")
    assert Message.objects.count() == 2


def test_a_key_opens_its_own_order_and_no_other():
    key = order_key("T000001")
    assert check_key("T000001", key)
    for number, wrong in (("T000002", key), ("T000001", key[:-1] + "x"), ("T000001", "")):
        assert not check_key(number, wrong)


def test_a_cooperative_copies_its_parcels_text_and_no_link_to_the_others(client):
    farm, other = make_farm("pear"), make_farm("plum")
    order = sell((farm, 2500), (other, 1000), language="en")
    parcel = order.consignments.get(partner=farm.partner)
    Consignment.objects.filter(pk=parcel.pk).update(
        carrier="SF", waybill="SF123", state="shipped", shipped_at=now(), packed_at=now()
    )
    packer = get_user_model().objects.create_user(email="p@example.org", password="pears-4-me")
    Membership.objects.create(user=packer, partner=farm.partner, role="packer")
    client.force_login(packer)

    page = client.get(reverse("portal:consignment", args=[farm.partner.code, parcel.number]))

    text = page.context["chat_text"]
    assert text.splitlines() == [
        f"山货集: pear co-op has sent a parcel of order {order.number}: pear 2.5 kg × 1.",
        "Parcel 1/2; the others come on their own.",
        "SF SF123",
    ]
    assert order_key(order.number) not in page.content.decode()
    assert f'data-copy="{text.splitlines()[0]}' in page.content.decode()
    assert not Message.objects.exists()
    assert messages().chat_text(parcel.pk, "packed") == ""
