"""`make test`: the whole suite on servers of its own; `make bench`: the measurements alone.

`make chaos` is one long test of its own kind (tests/chaos).
"""

import os
import shlex
import subprocess
import sys

from .chromium import find_chromium
from .places import ROOT, PartError
from .prepare import prepare

# To two processes; and again, visibly, what a busy machine may have made too slow. Never a race
# (tests/conftest.py).
DEALT = ["-n", "2", "--dist", "loadgroup", "--reruns", "2", "-raR"]


def main(arguments: list[str]) -> int:
    """Prepare, find the browser, and go on as pytest. PYTEST_ARGS adds to its arguments."""
    bench, chaos = arguments[:1] == ["bench"], arguments[:1] == ["chaos"]
    try:
        prepare()
        if not (bench or chaos):
            os.environ["CHROMIUM"] = str(find_chromium(install=True))
    except PartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    # The suite has settings of its own, and tests/conftest.py names them.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    os.chdir(ROOT)
    if chaos:
        command = [sys.executable, "-m", "tests.chaos"]
        for name in ("MINUTES", "SEED"):
            if os.environ.get(name):
                command += [f"--{name.lower()}", os.environ[name]]
        os.execv(sys.executable, command)
    scripts = sorted((ROOT / "tests/performance").glob("bench_*.py")) if bench else []
    for script in scripts:
        named = [sys.executable, "-m", f"tests.performance.{script.stem}"]
        if subprocess.run(named, check=False).returncode:
            return 1
    command = [sys.executable, "-m", "pytest"]
    command += ["tests/performance", "-s"] if bench else DEALT
    command += shlex.split(os.environ.get("PYTEST_ARGS", ""))
    os.execv(sys.executable, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
