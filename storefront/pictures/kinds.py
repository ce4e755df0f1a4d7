"""In which shapes and sizes pictures are shown."""

from dataclasses import dataclass

FORMATS = ("avif", "webp")


@dataclass(frozen=True)
class Kind:
    """A shape on a page: its ratio, the widths made of a photograph, and what CSS makes of it."""

    name: str
    ratio: tuple[int, int]
    widths: tuple[int, ...]
    sizes: str

    def height(self, width: int) -> int:
        """The height that goes with a width, in dots."""
        return width * self.ratio[1] // self.ratio[0]

    def specs(self, image_format: str) -> list[str]:
        """Wagtail's filters for each width, the narrowest first."""
        return [f"fill-{w}x{self.height(w)}|format-{image_format}" for w in self.widths]

    @property
    def all_specs(self) -> list[str]:
        return [spec for image_format in FORMATS for spec in self.specs(image_format)]


THUMB = Kind("thumb", (1, 1), (96, 192), "6rem")
CARD = Kind("card", (4, 3), (320, 640), "(min-width: 64rem) 17rem, (min-width: 48rem) 33vw, 50vw")
HERO = Kind("hero", (4, 3), (640, 1280), "(min-width: 56rem) 36rem, 100vw")
# Villages and cooperatives are landscapes.
WIDE = Kind("wide", (16, 9), (640, 1280), "(min-width: 72rem) 72rem, 100vw")
KINDS = {kind.name: kind for kind in (THUMB, CARD, HERO, WIDE)}
# For share cards and other sites, which do not all read WebP.
LARGE = "fill-1200x900|format-jpeg"
EVERY_SPEC = [*(spec for kind in KINDS.values() for spec in kind.all_specs), LARGE]
