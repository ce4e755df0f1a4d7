"""`make check`: everything that can be said about the source without running it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from .desk import Desk, placeholders
from .places import ROOT, PartError
from .prepare import prepare

PACKAGES = ("catalog", "cooperatives", "livestream", "storefront")
# What a real server's environment has, with values that lead nowhere.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "storefront.settings.production",
    "SECRET_KEY": "q7Vd2mZ0x9Lr4Tn8Wb1Hc6Jp3Ks5Gf0YeUaRiOoAzQwXtMvBnNlKj",
    "ALLOWED_HOSTS": "shop.example.edu",
    "SITE_URL": "https://shop.example.edu",
    "EMAIL_URL": "smtp://mail.example.edu:25",
}


def _addresses() -> str:
    """Say which pinned files carry a registry's address: they must work from any mirror."""
    wrong = []
    for path in sorted((ROOT / "requirements").iterdir()):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"https?://|--(extra-)?index-url|--find-links|^-[if] ", line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    folders = (ROOT / "assets", ROOT / "tests" / "performance" / "lighthouse")
    for path in (folder / name for folder in folders for name in ("package-lock.json", ".npmrc")):
        if path.exists() and re.search(r'"resolved"|https?://registry|registry=', path.read_text()):
            wrong.append(f"{path.relative_to(ROOT)}: has a registry's address")
    return "\n".join(wrong)


def steps() -> list[tuple[str, Sequence[str], Mapping[str, str]]]:
    """Return each check's name, command and additional environment."""
    python = sys.executable
    module = [python, "-m"]
    nowhere = placeholders(Desk(given={}))
    tests = {**nowhere, "DJANGO_SETTINGS_MODULE": "storefront.settings.test"}
    production = {**nowhere, **PRODUCTION}
    manage = [python, "-W", "ignore::RuntimeWarning", "manage.py"]
    deploy = [*manage, "check", "--deploy", "--fail-level", "WARNING"]
    contracts = "from importlinter.cli import lint_imports_command as run; run()"
    return [
        ("format", [*module, "ruff", "format", "--check", "--quiet", "."], {}),
        ("lint", [*module, "ruff", "check", "--quiet", "."], {}),
        ("imports", [python, "-c", contracts], {"PYTHONPATH": str(ROOT)}),
        ("templates", [*module, "djlint", "templates", "--lint", "--quiet"], {}),
        ("migrations", [*manage, "makemigrations", "--check", "--dry-run"], tests),
        ("production settings", deploy, production),
        ("types", [*module, "mypy", *PACKAGES, "deploy", "manage.py"], tests),
    ]


def main() -> int:
    """Run all checks, also after one has failed; the status is 1 if any did."""
    failed = []
    try:
        prepare()
        print("- checking", flush=True)
        wrong = _addresses()
        if wrong:
            failed.append("addresses")
            print(f"✗ addresses\n{wrong}", flush=True)
        for name, command, environment in steps():
            started = time.monotonic()
            # The desk's own settings say nothing about the source.
            ours = {k: v for k, v in os.environ.items() if k not in placeholders(Desk(given={}))}
            done = subprocess.run(
                command, cwd=ROOT, env={**ours, **environment}, capture_output=True, text=True
            )
            took = f"{time.monotonic() - started:.1f} s"
            print(f"{'✗' if done.returncode else '✓'} {name} ({took})", flush=True)
            if done.returncode:
                failed.append(name)
                print((done.stdout + done.stderr).strip(), flush=True)
    except PartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if failed:
        print(f"Not in order: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
