"""The building blocks of pages. `BodyField` is the one list of them that every page has."""

from storefront.pages.blocks.field import BodyField

__all__ = ["BodyField"]
