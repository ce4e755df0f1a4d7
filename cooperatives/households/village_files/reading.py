"""Reading the five files."""

from pathlib import Path

from catalog.table_files import Fault, TableRead, read_table

from .tables import tables


def read_files(directory: Path) -> tuple[dict[str, TableRead], list[Fault]]:
    """The five files by name, and every fault within their rows."""
    files = {name: read_table(directory, table) for name, table in tables().items()}
    return files, [fault for read in files.values() for fault in read.faults]
