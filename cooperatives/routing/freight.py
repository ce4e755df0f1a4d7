"""What a parcel costs: by cooperative, province and weight."""

from collections.abc import Iterable, Mapping

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


class Rates:
    """The rates that hold for some cooperatives. One query, made at once.

    A cooperative's own rate goes before the common one, the province's before the country's.
    """

    def __init__(self, partner_ids: Iterable[int], provinces: Iterable[str] | None = None) -> None:
        """`provinces` None reads the rates to everywhere."""
        wanted = Q(partner_id__in=set(partner_ids)) | Q(partner__isnull=True)
        if provinces is not None:
            wanted &= Q(province__in=[*provinces, ""])
        self._rates = {
            (rate.partner_id, rate.province): rate for rate in FreightRate.objects.filter(wanted)
        }

    def to(self, partner_id: int, province: str) -> FreightRate | None:
        """The rate of a cooperative to a province, None if there is none."""
        keys = ((partner_id, province), (partner_id, ""), (None, province), (None, ""))
        return next((self._rates[key] for key in keys if key in self._rates), None)


def rates_to(partner_ids: Iterable[int], province: str) -> dict[int, FreightRate]:
    """{cooperative: the rate that holds for it} to a province, as far as there are. One query."""
    wanted = set(partner_ids)
    rates = Rates(wanted, [province])
    found = {partner_id: rates.to(partner_id, province) for partner_id in wanted}
    return {partner_id: rate for partner_id, rate in found.items() if rate is not None}


def freight_fen(grams_by_partner: Mapping[int, int], province: str) -> dict[int, int]:
    """{cooperative: fen} for one parcel each to a province. One query. Raises NoFreightRate."""
    rates = rates_to(grams_by_partner, province)
    for partner_id in grams_by_partner:
        if partner_id not in rates:
            raise NoFreightRate(partner_id, province)
    return {
        partner_id: cost(rates[partner_id], grams) for partner_id, grams in grams_by_partner.items()
    }
