"""The wording of messages: staff write plain text, and each message says it safely."""

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import DatabaseError, transaction

from cooperatives.routing.models import Consignment
from storefront.notifications import wording
from storefront.notifications.default_wording import DEFAULTS
from storefront.notifications.models import Message, MessageText
from storefront.notifications.samples import preview
from storefront.notifications.services import queue, send, tell_ready
from storefront.notifications.wording import effective, fill, paragraphs, save_changed, save_text
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db
Kind = Message.Kind


@pytest.fixture
def staff():
    return get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")


def test_every_kind_has_its_default_in_both_languages_and_names_only_what_it_may():
    assert set(DEFAULTS) == {(kind, code) for kind in Kind.values for code in ("zh-hans", "en")}
    for (kind, _language), texts in DEFAULTS.items():
        for text in texts:
            assert text
            assert wording.unknown_placeholders(kind, text) == []


def test_values_are_put_in_once_and_lines_without_a_value_are_left_out():
    values = {"order": "{shop}", "shop": "S", "waybill": ""}
    assert fill("{order} of {shop}\n\nWaybill: {waybill}\n\n{0} {x!r}", values) == (
        "{shop} of S\n\n{0} {x!r}"
    )
    assert fill("Waybill: {waybill}", values) == ""


def test_html_is_made_by_escaping_and_no_template_is_run():
    values = {"text": "<b>1</b>\n{order} {{ 7 }}", "link": "https://x/?a=1&b=2", "order": "T1"}
    found = paragraphs("<i>{% now 'Y' %}</i> & {{ order }}\nnext\n\n{text}\n\n{link}", values)
    assert found == [
        "&lt;i&gt;{% now &#x27;Y&#x27; %}&lt;/i&gt; &amp; {{ order }}<br>next",
        "&lt;b&gt;1&lt;/b&gt;<br>{order} {{ 7 }}",
        '<a href="https://x/?a=1&amp;b=2">https://x/?a=1&amp;b=2</a>',
    ]


def test_a_new_wording_is_said_and_the_old_versions_stay(staff):
    save_text(Kind.REFUNDED, "en", "mail", subject="Money {amount}", body="Yes, <b>", actor=staff)
    save_text(
        Kind.REFUNDED,
        "en",
        "mail",
        subject="Back:\n¥{amount}",
        body="Dear buyer & friend\r\n\r\n{order}: ¥{amount}, {days} days",
        actor=staff,
    )
    order = sell((make_farm(), 2500), language="en")
    queue(Kind.REFUNDED, "refund:1", order, {"amount_fen": 1250})

    assert send(Message.objects.get().pk)

    sent, message = mail.outbox[0], Message.objects.get()
    assert (sent.subject, message.subject) == ("Back: ¥12.50",) * 2
    assert sent.body.startswith(f"Dear buyer & friend\n\n{order.number}: ¥12.50, 10 days\n")
    assert message.text == sent.body
    html = sent.alternatives[0][0]
    assert "<h1>Dear buyer &amp; friend</h1>" in html
    assert f"<p>{order.number}: ¥12.50, 10 days</p>" in html
    rows = MessageText.objects.order_by("version").values_list("version", "created_by__email")
    assert list(rows) == [(1, "staff@example.org"), (2, "staff@example.org")]
    for change in (lambda rows: rows.update(body="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(MessageText.objects.all())


def test_the_default_comes_back_and_what_did_not_change_is_no_version(staff):
    shipped = effective(Kind.CASE, "en", "sms")
    texts = {"en": ("", shipped.body), "zh-hans": ("", "{shop}：{text}")}

    made = save_changed(Kind.CASE, "sms", texts, actor=staff)
    assert [(text.language, text.version) for text in made] == [("zh-hans", 1)]
    assert effective(Kind.CASE, "zh-hans", "sms").body == "{shop}：{text}"
    assert save_changed(Kind.CASE, "sms", texts, actor=staff) == []

    default = wording.default(Kind.CASE, "zh-hans", "sms")
    made = save_changed(Kind.CASE, "sms", {"zh-hans": ("", default.body)}, actor=staff)
    assert [(text.version, text.body) for text in made] == [(2, "")]
    assert effective(Kind.CASE, "zh-hans", "sms") == wording.Effective("", default.body, 2, True)


def test_an_unknown_placeholder_and_a_mail_without_subject_are_refused(staff):
    for subject, body in (("S", "{waybill}"), ("{nobody}", "B"), ("S", "{ order }"), ("", "B")):
        with pytest.raises(ValueError, match="Not known here|subject"):
            save_text(Kind.REFUNDED, "en", "mail", subject=subject, body=body, actor=staff)
    assert not MessageText.objects.exists()


def test_a_parcel_says_which_of_how_many_it_is_unless_it_is_the_only_one():
    alone = sell((make_farm("pear"), 2500), language="en")
    split = sell((make_farm("plum"), 1000), (make_farm("kiwi"), 1000), language="en")
    Consignment.objects.update(carrier="SF", waybill="SF123")
    for order in (alone, split):
        for consignment in order.consignments.order_by("number"):
            tell_ready(consignment.pk, "East gate")
            tell_ready(consignment.pk, "East gate")
            queue(Kind.SHIPPED, f"s:{consignment.pk}", order, {"consignment": consignment.pk})
    for message in Message.objects.order_by("pk"):
        send(message.pk)

    shipped = [each.body for each in mail.outbox if "has sent your parcel" in each.body]
    ready = [each.body for each in mail.outbox if "ready to be fetched" in each.body]
    assert [body.count("Parcel ") for body in shipped] == [0, 1, 1]
    assert ["Parcel 1/2;" in body for body in shipped] == [False, True, False]
    assert ["Parcel 2/2;" in body for body in shipped] == [False, False, True]
    assert ["Where: East gate" in body for body in ready] == [True] * 3


@pytest.mark.parametrize("channel", ["mail", "sms", "wechat"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_default_can_be_looked_at_with_a_made_up_and_a_real_order(language, channel):
    order = sell((make_farm(), 2500), freight_fen=600)
    for kind in Kind.values:
        words = wording.default(kind, language, channel)
        for real in (None, order):
            said = preview(kind, language, channel, words.subject, words.body, real)
            assert "{" not in said.subject + said.text
            assert bool(said.html) == (channel == "mail")
    assert not Message.objects.exists()
