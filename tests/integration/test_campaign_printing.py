"""Codes to say, QR codes to download, and the sheet to print."""

import io
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import segno
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from catalog.clock import now
from livestream.campaigns import codes
from livestream.campaigns.models import Campaign, LinkTouch, TrackedLink
from storefront.accounts.roles import Role, seed_roles
from tests.support.campaigns import NAMESPACE, form
from tests.support.sold import make_farm

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    moment = now()
    return Campaign.objects.create(
        code="autumn",
        name_zh="秋收季",
        name_en="Autumn",
        starts_at=moment - timedelta(days=1),
        ends_at=moment + timedelta(days=1),
    )


@pytest.fixture
def link(campaign: Campaign) -> TrackedLink:
    return TrackedLink.objects.create(
        code="PEAR", campaign=campaign, medium="stall", channel="东门", spoken="K7M2"
    )


def member(client, role: Role | None):
    """Sign in somebody of a role, or a buyer."""
    user = get_user_model().objects.create_user(email="wu@example.org", password="pears-4-me")
    if role is not None:
        user.is_staff = True
        user.save()
        user.groups.add(seed_roles()[role])
    client.force_login(user)
    return client


@pytest.fixture
def staff(client):
    return member(client, Role.EDITOR)


def address(name: str, *ids: int) -> str:
    return reverse(f"{NAMESPACE}:{name}", args=ids)


def matrix(png: bytes) -> list[list[bool]]:
    """Which squares of a drawn QR code are dark."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.width == image.height
        assert image.width >= 1000
        grey = image.convert("L")
        return [
            [grey.getpixel((x, y)) == 0 for x in range(16, grey.width, 32)]
            for y in range(16, grey.height, 32)
        ]


def test_every_link_gets_a_code_to_say_of_four_characters_that_sound_different(campaign):
    links = [
        TrackedLink.objects.create(code=f"L{number}", campaign=campaign, channel="x")
        for number in range(20)
    ]

    said = [link.spoken for link in links]

    assert len(set(said)) == 20
    assert all(re.fullmatch("[245678KMWXY]{4}", code) for code in said)


def test_a_code_to_say_that_is_taken_is_not_made_again(campaign, monkeypatch):
    drawn = iter("KKKKKKKKKKKM")
    monkeypatch.setattr(codes, "secrets", SimpleNamespace(choice=lambda alphabet: next(drawn)))

    said = [
        TrackedLink.objects.create(code=code, campaign=campaign, channel="x").spoken
        for code in ("FIRST", "SECOND")
    ]

    assert said == ["KKKK", "KKKM"]


def test_without_free_codes_to_say_none_is_made(campaign, monkeypatch):
    monkeypatch.setattr(codes, "secrets", SimpleNamespace(choice=lambda alphabet: "K"))
    TrackedLink.objects.create(code="FIRST", campaign=campaign, channel="x")

    with pytest.raises(RuntimeError, match="no spoken codes left"):
        TrackedLink.objects.create(code="SECOND", campaign=campaign, channel="x")

    assert TrackedLink.objects.count() == 1


@pytest.mark.parametrize("said", ["K7M2", "k7m2"])
def test_a_code_that_was_said_leads_where_the_printed_one_does(client, link, said):
    link.produce = make_farm().produce
    link.save()

    response = client.get(f"/r/{said}")

    assert (response.status_code, response["Location"]) == (302, "/produce/pear/")
    assert LinkTouch.objects.get().link == link


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("link_spoken_shape", {"spoken": "B7M2"}),
        ("link_spoken_shape", {"spoken": "K7M"}),
        ("link_code_not_spoken", {"code": "K7M4"}),
        ("link_medium", {"medium": "radio"}),
        ("spoken", {"spoken": "K7M2"}),
    ],
)
def test_the_database_refuses_codes_that_could_be_mistaken(campaign, link, constraint, fields):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        TrackedLink.objects.create(
            **{"code": "X-1", "campaign": campaign, "channel": "x", **fields}
        )
    assert list(TrackedLink.objects.all()) == [link]


def test_staff_cannot_print_a_code_that_another_link_may_be_given_to_say(staff, link):
    edit = address("edit", link.campaign_id)
    row = {"id": link.pk, "medium": "stall", "channel": "东门"}

    refused = staff.post(edit, form([{**row, "code": "k7m4"}]))

    assert refused.status_code == 200
    link.refresh_from_db()
    assert (link.code, link.spoken) == ("PEAR", "K7M2")
    # its own that it had before they were kept for saying stays
    TrackedLink.objects.filter(pk=link.pk).update(code="K7M2")
    assert staff.post(edit, form([{**row, "code": "K7M2", "medium": "host"}])).status_code == 302
    link.refresh_from_db()
    assert (link.code, link.medium) == ("K7M2", "host")


def test_a_qr_code_comes_as_a_png_that_leads_to_the_link(staff, link):
    answer = staff.get(address("png", link.campaign_id, link.pk))

    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'attachment; filename="autumn-stall-PEAR.png"'
    wanted = segno.make("http://testserver/r/PEAR", error="q", micro=False)
    assert matrix(answer.content) == [list(map(bool, row)) for row in wanted.matrix_iter(border=4)]


def test_a_qr_code_comes_as_an_svg_without_scripts(staff, link):
    answer = staff.get(address("svg", link.campaign_id, link.pk))

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == 'attachment; filename="autumn-stall-PEAR.svg"'
    assert answer.content.startswith(b"<?xml")
    assert b"<script" not in answer.content


@pytest.mark.parametrize("name", ["png", "svg"])
def test_a_link_of_another_campaign_is_missing(staff, link, name):
    other = Campaign.objects.create(
        code="fair", name_zh="展销", starts_at=now(), ends_at=now() + timedelta(days=1)
    )

    assert staff.get(address(name, other.pk, link.pk)).status_code == 404
    assert staff.get(address(name, link.campaign_id, 999_999)).status_code == 404
    assert staff.get(address("print", 999_999)).status_code == 404


@pytest.mark.parametrize(("role", "seen"), [(None, False), (Role.AUDITOR, True)])
def test_who_sees_the_figures_prints_and_nobody_else(client, link, role, seen):
    visitor = member(client, role)

    for name, ids in (
        ("inspect", [link.campaign_id]),
        ("png", [link.campaign_id, link.pk]),
        ("svg", [link.campaign_id, link.pk]),
        ("print", [link.campaign_id]),
    ):
        assert visitor.get(address(name, *ids)).status_code == (200 if seen else 302), name


def test_the_sheet_has_a_card_for_each_link_in_the_language_asked_for(staff, link):
    pear = make_farm().produce
    TrackedLink.objects.create(code="PLUM", campaign=link.campaign, channel="x", produce=pear)

    page = staff.get(f"{address('print', link.campaign_id)}?language=en").content.decode()
    chinese = staff.get(f"{address('print', link.campaign_id)}?language=zh-hans").content.decode()

    assert page.count("<svg") == 2
    assert 'lang="en"' in page
    assert "Autumn" in page
    assert "K7M2" in page
    assert "testserver/r/K7M2" in page
    assert re.search(r'leads-to">\s*pear\s*<', page)
    assert "秋收季" in chinese
    assert "pear果" in chinese
    assert "<script" not in page
    assert "style=" not in page


def test_the_sheet_takes_as_many_queries_however_many_links(staff, link):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(address("print", link.campaign_id)).status_code == 200
        return len(captured)

    queries()
    few = queries()
    pear = make_farm().produce
    for number in range(12):
        TrackedLink.objects.create(
            code=f"L{number}", campaign=link.campaign, channel="x", produce=pear
        )

    assert (queries(), few <= 12) == (few, True)
