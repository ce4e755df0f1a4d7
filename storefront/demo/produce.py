"""What the demo says of its produce: what it is, how to keep it and how to eat it."""

import csv
from pathlib import Path

from catalog.models import Produce

FIELDS = (
    "description_zh",
    "description_en",
    "storage_zh",
    "storage_en",
    "eating_zh",
    "eating_en",
)


def tell_of_produce(path: Path) -> None:
    """Fill the texts of produce from a table; what staff have written stays as it is."""
    with path.open(encoding="utf-8", newline="") as file:
        texts = {row["produce"]: row for row in csv.DictReader(file)}
    produce = list(Produce.objects.filter(code__in=texts))
    for each in produce:
        for field in FIELDS:
            if not getattr(each, field):
                setattr(each, field, texts[each.code][field])
    Produce.objects.bulk_update(produce, FIELDS)
