"""Which picture is shown of what: the editors' photographs, else the illustration.

Photographs are read in two queries for as many things as there are; their sizes are made by a
worker. While one has no sizes yet, the illustration stands in and the worker is asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from wagtail.images.models import Filter, Image, Rendition

from catalog.models import Produce
from cooperatives.partner.models import Partner
from storefront.pictures import illustrations, services
from storefront.pictures.illustrations import COOPERATIVE, PRODUCE, VILLAGE
from storefront.pictures.kinds import CARD, FORMATS, HERO, KINDS, LARGE, THUMB, Kind
from storefront.pictures.models import ProducePhoto

# What `attach_photos` leaves on a produce, and `attach_page_pictures` on a cooperative.
ON_PRODUCE, ON_PARTNER = "_shown_photos", "_shown_pages"
# What `photos_of` leaves on a produce.
ALL_OF_PRODUCE = "_all_photos"


@dataclass(frozen=True)
class Photo:
    """A photograph with the sizes that are made of it, by Wagtail's filter."""

    alt: str = ""
    sizes: dict[str, Rendition] = field(default_factory=dict)

    def has(self, kind: Kind) -> bool:
        return all(spec in self.sizes for spec in kind.all_specs)


@dataclass(frozen=True)
class Source:
    """One <source>: the addresses of a format by width."""

    type: str
    srcset: str


@dataclass(frozen=True)
class Shown:
    """All that a <picture> needs."""

    src: str
    width: int
    height: int
    alt: str
    kind: Kind
    drawn: bool
    sources: tuple[Source, ...] = ()


def _with_sizes(images: Sequence[tuple[Image, str]], specs: Sequence[str]) -> list[Photo]:
    """Photographs with their sizes, in their order; those without all are asked for. One query."""
    found: dict[tuple[int, str, str], Rendition] = {}
    keys = {image.pk for image, _ in images}
    for row in Rendition.objects.filter(image_id__in=keys, filter_spec__in=specs) if keys else ():
        found[row.image_id, row.filter_spec, row.focal_point_key] = row
    photos = []
    for image, alt in images:
        sizes = {}
        for spec in specs:
            row = found.get((image.pk, spec, Filter(spec).get_cache_key(image)))
            if row is not None:
                sizes[spec] = row
        if len(sizes) < len(specs):
            services.ask_for_renditions(image.pk)
        photos.append(Photo(alt, sizes))
    return photos


def _carried(each: Produce | Partner, name: str) -> dict[str, Any]:
    """What was attached to one, by kind."""
    return each.__dict__.setdefault(name, {})


def attach_photos(produce: Iterable[Produce], kind: str = CARD.name) -> None:
    """Have each produce carry its first photograph for a list. Two queries, or one without any."""
    produce = list(produce)
    rows = list(
        ProducePhoto.objects.filter(produce__in=produce)
        .select_related("image")
        .order_by("produce_id", "sort_order", "pk")
        .distinct("produce_id")
    )
    photos = _with_sizes([(row.image, row.alt) for row in rows], KINDS[kind].all_specs)
    first = {row.produce_id: photo for row, photo in zip(rows, photos, strict=True)}
    for each in produce:
        _carried(each, ON_PRODUCE)[kind] = first.get(each.pk)


def photos_of(produce: Produce) -> list[Photo]:
    """All photographs of one produce in the editor's order, large and small.

    Two queries, or one without any; the produce carries them from then on.
    """
    carried: dict[str, Any] = produce.__dict__
    if ALL_OF_PRODUCE not in carried:
        rows = produce.photos.select_related("image").order_by("sort_order", "pk")
        wanted = [*HERO.all_specs, *THUMB.all_specs, LARGE]
        photos = _with_sizes([(row.image, row.alt) for row in rows], wanted)
        carried[ALL_OF_PRODUCE] = photos
    return carried[ALL_OF_PRODUCE]


def attach_page_pictures(partners: Iterable[Partner], kind: str = CARD.name) -> None:
    """Have each cooperative carry its pages' pictures for a list. Three queries."""
    partners = list(partners)
    found: dict[int, dict[str, Photo]] = defaultdict(dict)
    rows, images = [], []
    for group, model in ((VILLAGE, "VillagePage"), (COOPERATIVE, "CooperativePage")):
        pages = apps.get_model("pages", model).objects.live()
        for page in pages.filter(partner__in=partners, picture__isnull=False).select_related(
            "picture"
        ):
            rows.append((page.partner_id, group))
            images.append((page.picture, ""))
    photos = _with_sizes(images, KINDS[kind].all_specs)
    for (partner_id, group), photo in zip(rows, photos, strict=True):
        found[partner_id][group] = photo
    for each in partners:
        _carried(each, ON_PARTNER)[kind] = found[each.pk]


def shown_photo(photo: Photo, kind: Kind) -> Shown | None:
    """A photograph in a shape; None while its sizes are not made."""
    if not photo.has(kind):
        return None
    sources = []
    for image_format in FORMATS:
        # A small original has fewer sizes than were asked for.
        rows = {photo.sizes[spec].width: photo.sizes[spec] for spec in kind.specs(image_format)}
        srcset = ", ".join(f"{row.url} {width}w" for width, row in rows.items())
        sources.append(Source(f"image/{image_format}", srcset))
    last = photo.sizes[kind.specs("webp")[-1]]
    return Shown(last.url, last.width, last.height, photo.alt, kind, False, tuple(sources))


def _shown_drawing(group: str, code: str, kind: Kind) -> Shown:
    width, height = (1200, 900) if group == PRODUCE else (1600, 900)
    if kind is THUMB:
        width = height
    return Shown(illustrations.address(group, code), width, height, "", kind, True)


def produce_shown(produce: Produce, kind: str) -> Shown:
    """The picture of a produce. In a list call `attach_photos` first, or it asks one by one."""
    wanted = KINDS[kind]
    if kind not in _carried(produce, ON_PRODUCE):
        attach_photos([produce], kind)
    photo = _carried(produce, ON_PRODUCE)[kind]
    shown = shown_photo(photo, wanted) if photo else None
    return shown or _shown_drawing(PRODUCE, produce.code, wanted)


def partner_shown(partner: Partner, group: str, kind: str) -> Shown:
    """A cooperative's village or itself. In a list call `attach_page_pictures` first."""
    wanted = KINDS["wide" if kind == HERO.name else kind]
    if wanted.name not in _carried(partner, ON_PARTNER):
        attach_page_pictures([partner], wanted.name)
    photo = _carried(partner, ON_PARTNER)[wanted.name].get(group)
    shown = shown_photo(photo, wanted) if photo else None
    return shown or _shown_drawing(group, partner.code, wanted)


def large_picture(picture: Any) -> Rendition | None:
    """A Wagtail image as a JPEG of 1200 × 900; None while a worker makes it. One query."""
    [photo] = _with_sizes([(picture, "")], [LARGE])
    return photo.sizes.get(LARGE)


def large_photo(produce: Produce) -> Rendition | None:
    """A produce's first photograph as a JPEG of 1200 × 900. One or two queries, if any."""
    if ALL_OF_PRODUCE in vars(produce):
        photos = photos_of(produce)
        return photos[0].sizes.get(LARGE) if photos else None
    row = produce.photos.select_related("image").order_by("sort_order", "pk").first()
    return large_picture(row.image) if row is not None else None


def image_url(produce: Produce, width: int = 1200) -> str:
    """The path of a JPEG of a produce's first picture, 1200 dots wide, for other sites.

    `width` is what is wanted at least; 1200 is the widest there is. One or two queries.
    """
    large = large_photo(produce)
    return large.url if large else illustrations.address(PRODUCE, produce.code, "jpg")


def photo_shown(picture: Any, kind: str, alt: str = "") -> Shown | None:
    """A Wagtail image in a shape; None while its sizes are not made. One query."""
    wanted = KINDS[kind]
    [photo] = _with_sizes([(picture, alt)], wanted.all_specs)
    return shown_photo(photo, wanted)
