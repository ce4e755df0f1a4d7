"""`make clean`: remove everything that the other commands made. Standard library only."""

import fcntl
import shutil
import sys

from .places import ROOT, VAR, outside_of


def main() -> int:
    """Remove .venv, var and what was built; refuse while something runs."""
    for part in (*VAR.glob("*/keeper"), *VAR.glob("test/*/keeper"), *VAR.glob("run/supervisor")):
        with part.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"{part.parent} is in use: stop `make run` or the tests.", file=sys.stderr)
                return 1
    elsewhere = ("postgres/cluster", "test/postgres/cluster", "video")
    for folder in (VAR / each for each in elsewhere):
        for outside in outside_of(folder):
            shutil.rmtree(outside, ignore_errors=True)
    made = [VAR, ROOT / ".venv", ROOT / "assets" / "dist", ROOT / "assets" / "node_modules"]
    made.append(ROOT / "tests" / "performance" / "lighthouse" / "node_modules")
    made += [ROOT / name for name in (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")]
    for folder in made:
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
    for compiled in (ROOT / "locale").glob("*/LC_MESSAGES/*.mo"):
        compiled.unlink()
    left = [str(folder) for folder in made if folder.exists()]
    if left:
        print(f"Not removed, as another user made it: {', '.join(left)}.", file=sys.stderr)
    return 1 if left else 0
