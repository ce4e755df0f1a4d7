from oscar.apps.partner.apps import PartnerConfig as OscarPartnerConfig


class PartnerConfig(OscarPartnerConfig):
    """Oscar's partner app under its own label, from this module."""

    name = "cooperatives.partner"
    label = "partner"
