"""Loading the five files: all or nothing, and twice is once."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from django.db import connection, transaction

from catalog.clock import now, today
from catalog.table_files import WHOLE_FILE, Fault, TableFaults
from cooperatives.households.models import VillageImport
from cooperatives.partner.models import Partner

from .checking import Files, check, check_days
from .reading import read_files
from .stored import compare
from .tables import COOPERATIVES, DELIVERIES, tables
from .writing import write


@dataclass(frozen=True)
class Loaded:
    """What a loading wrote: rows by file (0 where all was there), and the shift in days."""

    rows: dict[str, int]
    shift_days: int

    @property
    def anything(self) -> bool:
        """Whether the database changed."""
        return any(self.rows.values())


@transaction.atomic
def load_villages(directory: Path, as_of: date | None = None) -> Loaded:
    """Load what the database does not hold yet of the five files in a folder.

    `as_of` shifts delivered_on, from and to, so that the latest delivery falls on that day; it
    counts only the first time: later loadings of the same cooperatives use the recorded shift.
    Raises TableFaults with every fault of all files; then nothing was written.
    """
    with connection.cursor() as cursor:
        # Two loadings at once: the second waits, and then finds everything there.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('load_villages'))")
    digest = _digest(directory)
    done = VillageImport.objects.filter(digest=digest).first()
    if done:
        return Loaded(dict.fromkeys(tables(), 0), done.shift_days)

    files, faults = read_files(directory)
    faults += check(files)
    shift, shift_faults = _shift(files, as_of)
    comparison = compare(files, shift)
    faults += shift_faults + comparison.faults
    faults += check_days(files[DELIVERIES].rows, shift, today())
    if faults:
        raise TableFaults(in_order(faults))

    write(files, comparison.new, shift)
    loaded = Loaded({file: len(rows) for file, rows in comparison.new.items()}, shift.days)
    if loaded.anything:
        _record(files, digest, loaded.shift_days)
    return loaded


def in_order(faults: list[Fault]) -> list[Fault]:
    """Faults by file, in the order in which the files refer to each other, and by row."""
    order = {name: position for position, name in enumerate(tables())}
    return sorted(dict.fromkeys(faults), key=lambda fault: (order[fault.file], fault.row))


def _digest(directory: Path) -> str:
    """What tells these five files from any others; missing ones count as such."""
    digest = sha256()
    for name in tables():
        try:
            content = (directory / name).read_bytes()
        except OSError:
            content = b""
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _shift(files: Files, as_of: date | None) -> tuple[timedelta, list[Fault]]:
    """What is added to the files' days: the recorded shift, else that from `as_of`, else none."""
    codes = {row["code"] for row in files[COOPERATIVES].rows if row.has("code")}
    recorded = list(
        VillageImport.objects.filter(cooperatives__code__in=codes)
        .order_by("shift_days")
        .values_list("shift_days", flat=True)
        .distinct()
    )
    if len(recorded) > 1:
        shifts = " and ".join(map(str, recorded))
        fault = Fault(
            COOPERATIVES,
            1,
            WHOLE_FILE,
            f"cooperatives whose days were shifted by {shifts} days",
            "cooperatives that were loaded with one shift",
        )
        return timedelta(days=recorded[0]), [fault]
    if recorded:
        return timedelta(days=recorded[0]), []
    days = [row["delivered_on"] for row in files[DELIVERIES].rows if row.has("delivered_on")]
    return (as_of - max(days) if as_of and days else timedelta()), []


def _record(files: Files, digest: str, shift_days: int) -> None:
    record = VillageImport.objects.create(digest=digest, shift_days=shift_days, loaded_at=now())
    codes = [row["code"] for row in files[COOPERATIVES].rows]
    record.cooperatives.set(Partner.objects.filter(code__in=codes))
