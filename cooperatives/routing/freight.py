"""What a parcel costs: by cooperative, province and weight."""

from collections.abc import Mapping

from django.db.models import Q

from cooperatives.routing.models import FreightRate


class NoFreightRate(Exception):
    """No rate covers a cooperative and province. `partner_id` says which cooperative."""

    def __init__(self, partner_id: int, province: str):
        super().__init__(f"no freight rate for cooperative {partner_id} to {province}")
        self.partner_id = partner_id


def cost(rate: FreightRate, grams: int) -> int:
    """The freight in fen of a parcel of `grams` by one rate: first weight, then started steps."""
    if grams <= rate.first_grams:
        return rate.first_fen
    steps = -(-(grams - rate.first_grams) // rate.step_grams)
    return rate.first_fen + steps * rate.step_fen


def freight_fen(grams_by_partner: Mapping[int, int], province: str) -> dict[int, int]:
    """{cooperative: fen} for one parcel each to a province. One query. Raises NoFreightRate.

    A cooperative's own rate goes before the common one, the province's before the country's.
    """
    rates = {
        (rate.partner_id, rate.province): rate
        for rate in FreightRate.objects.filter(
            Q(partner_id__in=grams_by_partner) | Q(partner__isnull=True),
            province__in=[province, ""],
        )
    }
    result = {}
    for partner_id, grams in grams_by_partner.items():
        for key in ((partner_id, province), (partner_id, ""), (None, province), (None, "")):
            if key in rates:
                result[partner_id] = cost(rates[key], grams)
                break
        else:
            raise NoFreightRate(partner_id, province)
    return result
