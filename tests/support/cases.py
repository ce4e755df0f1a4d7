"""Parcels that arrived, and what their buyers say about them."""

import io
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.services import deliver, pack, ship
from storefront.aftersales.cases import rules, services
from storefront.aftersales.cases.models import Case
from storefront.aftersales.cases.pictures import make_anew
from tests.support import chain


def photo(name: str = "a.jpg", size: tuple[int, int] = (60, 40), kind: str = "JPEG") -> Any:
    """A small picture as a browser sends it."""
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    Image.new("RGB", size, (200, 80, 40)).save(made, kind, exif=exif)
    return SimpleUploadedFile(name, made.getvalue(), "image/jpeg")


def arrive(order: Any, *, delivered: bool = True) -> list[ConsignmentLine]:
    """Pack, ship and deliver an order's consignments; its lines."""
    for consignment in Consignment.objects.filter(order=order):
        pack(consignment.pk, {})
        ship(consignment.pk, "顺丰速运", f"SF{consignment.pk:08}")
        if delivered:
            deliver(consignment.pk)
    return list(ConsignmentLine.objects.filter(consignment__order=order).order_by("pk"))


def arrived(grove: chain.Grove, packs: int = 4, **more: Any) -> tuple[Any, ConsignmentLine]:
    """An order that arrived just now, and its one line."""
    order = chain.buy([(grove.pack, packs)], **more)
    return order, arrive(order)[0]


def write_case(
    order: Any,
    line: ConsignmentLine,
    *,
    kind: str = "damaged",
    packs: int | None = None,
    share_bps: int | None = None,
    pictures: int = 1,
    uuid: UUID | None = None,
) -> Case:
    """Open a case as the buyer's form does."""
    claim = services.Claim(
        uuid or uuid4(),
        line.pk,
        kind,
        "坏了",
        rules.Extent(packs, share_bps),
        [make_anew(photo()) for _ in range(pictures)],
    )
    return services.open_case(order, claim)


def words(
    author_kind: str, text: str = "说明", author: Any = None, uuid: UUID | None = None
) -> Any:
    """What somebody writes in a case."""
    return services.Words(uuid or uuid4(), author_kind, text, author)
