"""The freight table as a file: who sends where, first weight and further steps."""

from pathlib import Path

from django.db import transaction

from catalog.table_files import Row, Table, TableFaults, code, one_of, optional, read_table, whole
from cooperatives.partner.models import Partner
from cooperatives.routing.models import FreightRate
from cooperatives.routing.provinces import PROVINCES

MOST_GRAMS = 1_000_000
MOST_FEN = 10_000_000


def _table(file: str) -> Table:
    grams, fen = whole(1, MOST_GRAMS, "grams"), whole(0, MOST_FEN, "fen")
    return Table(
        file,
        {
            "cooperative": optional(code(64)),
            "province": optional(
                one_of(PROVINCES, "a province's short name such as 广西, or none")
            ),
            "first_grams": grams,
            "first_fen": fen,
            "step_grams": grams,
            "step_fen": fen,
        },
        ("cooperative", "province"),
    )


@transaction.atomic
def load_freight(path: Path) -> int:
    """Add the rates that are missing; gives their number.

    An empty cooperative means every one without its own row, an empty province the rest of the
    country. A rate that exists stays as it is: staff may have changed it since.
    Raises TableFaults; then nothing was written.
    """
    read = read_table(path.parent, _table(path.name))
    partners = dict(Partner.objects.values_list("code", "pk"))
    unknown = [
        row.fault("cooperative", f"unknown {row['cooperative']}", "the code of a cooperative")
        for row in read.rows
        if row.has("cooperative") and row["cooperative"] and row["cooperative"] not in partners
    ]
    if read.faults or unknown:
        raise TableFaults(sorted(read.faults + unknown, key=lambda fault: fault.row))
    known = set(FreightRate.objects.values_list("partner_id", "province"))

    def rate(row: Row) -> FreightRate:
        return FreightRate(
            partner_id=partners.get(row["cooperative"]),
            province=row["province"],
            first_grams=row["first_grams"],
            first_fen=row["first_fen"],
            step_grams=row["step_grams"],
            step_fen=row["step_fen"],
        )

    rates = [each for each in map(rate, read.rows) if (each.partner_id, each.province) not in known]
    return len(FreightRate.objects.bulk_create(rates))
