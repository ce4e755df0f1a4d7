"""The demo's rules for damage on arrival, and how long parcels are on their way."""

from catalog.models import Produce
from cooperatives.routing.models import FreightRate

# What stands in a table's row before anybody set it.
UNSET = {"claim_days": 2, "auto_limit_bps": 3000, "auto_limit_fen": 5000}
FAR = ("西藏", "新疆", "青海", "内蒙古", "黑龙江", "海南", "香港", "澳门", "台湾")
NEAR = ("广西", "广东", "贵州", "湖南")


def set_claim_rules() -> None:
    """Fruit: a day, up to half a parcel, borne by the cooperative. Fowl and eggs: by a person.
    Dry goods: a week, which the carrier bears. Rows that staff have set stay as they are.
    """
    unset = Produce.objects.filter(**UNSET)
    unset.filter(category__name="新鲜水果").update(
        claim_days=1, auto_limit_bps=5000, auto_limit_fen=3000
    )
    unset.filter(temperature__in=["chilled", "frozen"]).update(claim_days=1, auto_limit_bps=0)
    unset.filter(shelf_days__gte=90).update(
        claim_days=7, auto_limit_bps=2000, auto_limit_fen=2000, claim_bearer="carrier"
    )


def set_transit_days() -> None:
    """Neighbours in two days, far provinces in six; the others keep the three that are set."""
    unset = FreightRate.objects.filter(transit_days=3)
    unset.filter(province__in=NEAR).update(transit_days=2)
    unset.filter(province__in=FAR).update(transit_days=6)
