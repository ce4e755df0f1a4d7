"""Photographs and illustrations: what is shown, what it costs, what may be uploaded."""

import csv
import io
import json
import random

import pytest
from django.conf import settings as site_settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.urls import reverse
from PIL import Image as Pillow
from wagtail.images.models import Image
from wagtail.models import Page

from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.pages.models import HomePage, VillagePage, VillagesPage
from storefront.pictures import illustrations, selectors, tasks
from storefront.pictures.kinds import CARD, KINDS
from storefront.pictures.models import ProducePhoto
from storefront.pictures.services import make_renditions
from tests.support import chain

pytestmark = pytest.mark.django_db
MOST_BYTES = 15_000


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """The photographs whose sizes a worker was asked to make."""
    ids: list[int] = []
    monkeypatch.setattr(tasks.make_photo_renditions, "delay", ids.append)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda call, using=None: call())
    return ids


def picture(size=(1300, 1000), file_format="JPEG", **how) -> bytes:
    made = io.BytesIO()
    Pillow.new("RGB", size, (200, 120, 60)).save(made, file_format, **how)
    return made.getvalue()


def photo(produce, order: int = 0, **fields) -> ProducePhoto:
    file = ContentFile(picture(), name=f"{produce.code}-{order}.jpg")
    image = Image.objects.create(title="pears", file=file, width=1300, height=1000)
    return ProducePhoto.objects.create(produce=produce, image=image, sort_order=order, **fields)


def shown(tag: str, **context) -> str:
    return Template("{% load pictures %}{% " + tag + " %}").render(Context(context))


def test_everything_of_the_demo_has_a_small_harmless_drawing_of_its_own():
    folder = site_settings.BASE_DIR / "deploy" / "demo" / "villages"
    plan = json.loads((site_settings.BASE_DIR / "assets" / "pictures.json").read_text())
    with (folder / "products.csv").open() as opened:
        produce = {row["produce"] for row in csv.DictReader(opened)}
    with (folder / "cooperatives.csv").open() as opened:
        partners = {row["code"] for row in csv.DictReader(opened)}

    assert produce <= plan["produce"].keys()
    assert partners <= plan["villages"].keys()
    drawn = sorted((site_settings.BASE_DIR / "assets/dist/pictures").glob("*/*.svg"))
    assert len(drawn) == len(plan["produce"]) + 2 * len(plan["villages"])
    for path in drawn:
        drawing = path.read_text()
        assert len(drawing) <= MOST_BYTES, path
        assert "<script" not in drawing and 'href="http' not in drawing
        assert path.with_suffix(".jpg").exists()
    assert illustrations.name_of("produce", "NEW-ONE").startswith("_")
    assert illustrations.name_of("produce", "NEW-ONE") == illustrations.name_of(
        "produce", "NEW-ONE"
    )


def test_a_photograph_takes_the_drawings_place_once_its_sizes_are_made(asked):
    produce = chain.make_produce("XL")
    drawing = shown('produce_image p "card"', p=produce)
    first = photo(produce, 0, alt_zh="树上的梨", alt_en="Pears on a tree")
    photo(produce, 1)
    assert asked == [first.image_id, first.image_id + 1]

    produce = type(produce).objects.get(pk=produce.pk)
    assert shown('produce_image p "card"', p=produce) == drawing
    assert asked == [first.image_id, first.image_id + 1]  # asked once in ten minutes

    tasks.make_photo_renditions(first.image_id)
    produce = type(produce).objects.get(pk=produce.pk)
    card, hero = (
        shown(f'produce_image p "{kind}" eager={e}', p=produce)
        for kind, e in (("card", False), ("hero", True))
    )

    assert "pictures/produce/XL.svg" in drawing and 'width="1200" height="900"' in drawing
    assert 'type="image/avif"' in card and 'type="image/webp"' in card
    assert " 320w, " in card and " 640w" in card and f'sizes="{CARD.sizes}"' in card
    assert 'width="640" height="480"' in card and 'loading="lazy"' in card
    assert 'alt="树上的梨"' in card
    assert 'width="1280" height="960"' in hero and 'fetchpriority="high"' in hero
    assert 'loading="lazy"' not in hero
    assert selectors.image_url(produce).endswith(".jpg")
    assert [one.has(KINDS["hero"]) for one in selectors.photos_of(produce)] == [True, False]


def test_a_list_reads_its_photographs_in_two_queries(asked, django_assert_num_queries):
    produce = [chain.make_produce(f"P{number}") for number in range(6)]
    for each in produce[:5]:
        photo(each)
    make_renditions(produce[0].photos.get().image)

    for some in (produce[:2], produce):
        with django_assert_num_queries(2):
            selectors.attach_photos(some)
        with django_assert_num_queries(0):
            pictures = [selectors.produce_shown(each, "card").drawn for each in some]
        assert pictures == [False] + [True] * (len(some) - 1)
    with django_assert_num_queries(1):
        selectors.attach_photos(produce[5:])


def test_a_villages_page_replaces_its_landscape(asked):
    partner = chain.make_cooperative("GY-NEW")
    image = photo(chain.make_produce("X")).image
    home = Page.get_first_root_node().add_child(instance=HomePage(title="家", slug="jia"))
    villages = home.add_child(instance=VillagesPage(title="村庄", slug="villages"))
    page = villages.add_child(
        instance=VillagePage(title="小村", slug="small", partner=partner, picture=image)
    )
    make_renditions(image)

    replaced = shown('village_image p "hero"', p=partner)
    kept = shown('cooperative_image p "card"', p=partner)
    page.unpublish()
    partner = type(partner).objects.get(pk=partner.pk)

    assert 'width="1280" height="720"' in replaced and "image/avif" in replaced
    assert "pictures/cooperative/_" in kept
    assert "pictures/village/_" in shown('village_image p "hero"', p=partner)


def editor_client(client):
    user = User.objects.create_user(email="editor@example.org", password="secret-words-9")
    user.is_staff = True
    user.save()
    user.groups.add(seed_roles()[Role.EDITOR])
    client.force_login(user)
    return client


def noisy(file_format: str) -> bytes:
    """A picture that does not compress: dots of all colours."""
    made = io.BytesIO()
    dots = random.Random(4).randbytes(64 * 64 * 3)
    Pillow.frombytes("RGB", (64, 64), dots).save(made, file_format)
    return made.getvalue()


BAD = {
    "text that says it is a JPEG": ("a.jpg", b"<html>no picture</html>"),
    "a PNG that says it is a JPEG": ("a.jpg", noisy("PNG")),
    "cut off": ("a.png", noisy("PNG")[:6000]),
    "SVG with a script": (
        "a.svg",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    ),
    "SVG that says it is a PNG": ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "too heavy": ("a.jpg", picture() + b"\0" * (12 * 1024 * 1024)),
    "a bomb": ("a.png", picture((9000, 7000), "PNG")),
    "too many dots for a PNG": ("a.png", picture((7000, 4000), "PNG")),
}


def test_what_is_no_picture_is_refused_in_words_and_what_is_one_is_made_anew(client, asked):
    client = editor_client(client)
    url = reverse("wagtailimages:add")
    exif = Pillow.Exif()
    exif[0x010E], exif[0x0112] = "at the Wang family's house", 6  # turned by a quarter

    for why, (name, content) in BAD.items():
        sent = {
            "title": "x",
            "file": SimpleUploadedFile(name, content),
            "tags": "",
            "collection": 1,
        }
        answer = client.post(url, sent)
        assert answer.status_code == 200, why
        assert answer.context["form"].errors["file"], why
    assert not Image.objects.exists() and asked == []

    sent = SimpleUploadedFile("梨 pear.jpg", picture((3000, 2000), exif=exif) + b"<?php evil ?>")
    answer = client.post(url, {"title": "梨", "file": sent, "tags": "", "collection": 1})

    assert answer.status_code == 302
    image = Image.objects.get()
    assert asked == [image.pk]
    with image.file.open("rb") as opened:
        kept = opened.read()
    with Pillow.open(io.BytesIO(kept)) as seen:
        assert (seen.format, seen.size, dict(seen.getexif())) == ("JPEG", (1707, 2560), {})
    assert (image.width, image.height) == (1707, 2560)
    assert b"Wang" not in kept and b"php" not in kept


def test_an_editor_chooses_a_produces_photographs_in_their_order(client, asked):
    client = editor_client(client)
    produce = chain.make_produce("XL")
    images = [
        Image.objects.create(
            title=str(n), file=ContentFile(picture((40, 30)), name=f"{n}.jpg"), width=40, height=30
        )
        for n in (1, 2)
    ]
    url = reverse(type(produce).snippet_viewset.get_url_name("edit"), args=[produce.pk])
    form = client.get(url).context["form"]
    data = {name: value for name, value in form.initial.items() if value is not None}
    data |= {"photos-TOTAL_FORMS": 2, "photos-INITIAL_FORMS": 0}
    for number, image in enumerate(images):
        data |= {f"photos-{number}-image": image.pk, f"photos-{number}-ORDER": 2 - number}
        data |= {f"photos-{number}-alt_zh": f"第{number}张", f"photos-{number}-alt_en": ""}

    answer = client.post(url, data)

    assert answer.status_code == 302, answer.context["form"].errors
    rows = ProducePhoto.objects.filter(produce=produce).order_by("sort_order")
    assert [(row.image_id, row.alt_zh) for row in rows] == [
        (images[1].pk, "第1张"),
        (images[0].pk, "第0张"),
    ]
