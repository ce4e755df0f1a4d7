from oscar.apps.catalogue.apps import CatalogueConfig


class CatalogConfig(CatalogueConfig):
    """Oscar's catalogue under its own label, from this module."""

    name = "catalog"
    label = "catalogue"
