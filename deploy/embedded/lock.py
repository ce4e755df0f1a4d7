"""`make lock`: pin requirements/*.in for every platform, with hashes and without addresses."""

import shutil
import subprocess
import sys
from pathlib import Path

from .places import ROOT


def main() -> int:
    """Compile both files with uv, installed into .venv on demand."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    if not Path(uv).exists():
        got = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "uv"], check=False)
        if got.returncode:
            print("uv could not be installed: is the network up?", file=sys.stderr)
            return 1
    for name in ("production", "development"):
        command = [uv, "pip", "compile", "--universal", "--generate-hashes", "--no-header", "-q"]
        command += ["--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"]
        command += [f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
        done = subprocess.run(command, cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
