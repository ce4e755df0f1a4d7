"""What must hold between the rows of the five files."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from catalog.table_files import Fault, Row, TableRead

from .tables import COOPERATIVES, DELIVERIES, HOUSEHOLDS, PRODUCTS, PROMISES, WHOLE_BPS

Files = Mapping[str, TableRead]

# (file, column) → the file and column that it refers to.
REFERENCES = {
    (HOUSEHOLDS, "cooperative"): (COOPERATIVES, "code"),
    (PRODUCTS, "cooperative"): (COOPERATIVES, "code"),
    (DELIVERIES, "household"): (HOUSEHOLDS, "code"),
    (DELIVERIES, "produce"): (PRODUCTS, "produce"),
    (PROMISES, "household"): (HOUSEHOLDS, "code"),
    (PROMISES, "produce"): (PRODUCTS, "produce"),
}
# What all rows of one produce, and all rows of one pack, must say alike.
OF_PRODUCE = (
    "name_zh",
    "name_en",
    "category",
    "season_from",
    "season_to",
    "shelf_days",
    "ship_within_hours",
    "return_days",
    "temperature",
    "gi_certificate",
)
OF_PACK = ("produce", "pack", "net_grams")


def check(files: Files) -> list[Fault]:
    """Every fault between rows that are right by themselves."""
    return [
        *_references(files),
        *_fees(files[COOPERATIVES].rows),
        *_agreement(files[PRODUCTS].rows, "produce", OF_PRODUCE),
        *_agreement(files[PRODUCTS].rows, "sku", OF_PACK),
        *_one_county(files),
        *_sold_by_own_cooperative(files),
        *_delivered_after_joining(files),
        *_promise_days(files[PROMISES].rows),
    ]


def check_days(deliveries: Iterable[Row], shift: timedelta, today: date) -> Iterator[Fault]:
    """A lot that is handed over tomorrow is a slip of the pen."""
    for row in deliveries:
        if row.has("delivered_on") and row["delivered_on"] + shift > today:
            yield row.fault(
                "delivered_on",
                f"{row['delivered_on']} lies in the future",
                f"a day up to {today - shift}",
            )


def _references(files: Files) -> Iterator[Fault]:
    for (file, column), (target, target_column) in REFERENCES.items():
        if target_column not in files[target].columns:
            continue  # that file's own fault; blaming each row for it would hide the others
        known = _known(files[target].rows, target_column)
        for row in files[file].rows:
            if row.has(column) and row[column] not in known:
                yield row.fault(column, f"unknown {row[column]}", f"a {target_column} of {target}")


def _known(rows: Iterable[Row], column: str) -> set[str]:
    """What rows say in a column; a row with stray cells may say any of them."""
    known = {row[column] for row in rows if row.has(column)}
    return known.union(*(row.stray for row in rows))


def _fees(rows: Iterable[Row]) -> Iterator[Fault]:
    for row in rows:
        if row.has("service_fee_bps", "village_fund_bps"):
            fee, fund = row["service_fee_bps"], row["village_fund_bps"]
            if fee + fund > WHOLE_BPS:
                yield row.fault(
                    "village_fund_bps",
                    f"{fund} and the service fee's {fee} make {fee + fund}",
                    f"at most {WHOLE_BPS} together",
                )


def _agreement(rows: Iterable[Row], key: str, columns: Iterable[str]) -> Iterator[Fault]:
    """Rows of one produce (or pack) repeat its attributes: the first row's are the measure."""
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        if not row.has(key):
            continue
        for column in columns:
            if not row.has(column):
                continue
            before = first.setdefault((row[key], column), row)
            if before[column] != row[column]:
                yield row.fault(
                    column,
                    f"{row[column] or 'empty'}, but {row[key]} has {before[column] or 'empty'} "
                    f"in row {before.number}",
                    f"the same in all rows of one {key}",
                )


def _one_county(files: Files) -> Iterator[Fault]:
    """Several cooperatives sell one pack only within a county (DESIGN §5)."""
    county = {
        row["code"]: row["county_code"]
        for row in files[COOPERATIVES].rows
        if row.has("code", "county_code")
    }
    first: dict[str, Row] = {}
    for row in files[PRODUCTS].rows:
        if not row.has("sku", "cooperative") or row["cooperative"] not in county:
            continue
        before = first.setdefault(row["sku"], row)
        if county[before["cooperative"]] != county[row["cooperative"]]:
            yield row.fault(
                "cooperative",
                f"{row['cooperative']} is of county {county[row['cooperative']]}, "
                f"{before['cooperative']} in row {before.number} of "
                f"{county[before['cooperative']]}",
                f"cooperatives of one county for {row['sku']}",
            )


def _sold_by_own_cooperative(files: Files) -> Iterator[Fault]:
    """A household delivers and promises only what its cooperative sells."""
    home = _homes(files, "cooperative")
    products = files[PRODUCTS].rows
    sold = {
        (row["cooperative"], row["produce"])
        for row in products
        if row.has("cooperative", "produce")
    }
    # What is at fault for another reason (unknown, or in a row that cannot be read) is told there.
    told = {cell for row in products if not row.has("cooperative", "produce") for cell in _all(row)}
    cooperatives = _known(files[COOPERATIVES].rows, "code") - told
    produce = {code for _, code in sold} - told
    for row in (*files[DELIVERIES].rows, *files[PROMISES].rows):
        if not row.has("household", "produce") or row["household"] not in home:
            continue
        cooperative = home[row["household"]]
        if cooperative not in cooperatives or row["produce"] not in produce:
            continue
        if (cooperative, row["produce"]) not in sold:
            yield row.fault(
                "produce",
                f"{row['produce']} is not sold by {cooperative}, {row['household']}'s cooperative",
                f"a produce of {cooperative} in {PRODUCTS}",
            )


def _all(row: Row) -> list:
    return [*row.cells.values(), *row.stray]


def _delivered_after_joining(files: Files) -> Iterator[Fault]:
    joined = _homes(files, "joined_on")
    for row in files[DELIVERIES].rows:
        if row.has("household", "delivered_on") and row["household"] in joined:
            day = joined[row["household"]]
            if row["delivered_on"] < day:
                yield row.fault(
                    "delivered_on",
                    f"{row['delivered_on']}, before {row['household']} joined",
                    f"a day from {day}",
                )


def _promise_days(rows: Iterable[Row]) -> Iterator[Fault]:
    for row in rows:
        if row.has("from", "to") and row["to"] < row["from"]:
            yield row.fault("to", f"{row['to']} comes before from", f"a day from {row['from']}")


def _homes(files: Files, column: str) -> dict:
    """{household: what its row says in a column}."""
    return {row["code"]: row[column] for row in files[HOUSEHOLDS].rows if row.has("code", column)}
