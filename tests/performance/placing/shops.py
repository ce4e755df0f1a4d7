"""The two shops that are measured: ours as in production, and stock django-oscar."""

import itertools
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import psycopg

from deploy.embedded.places import ROOT
from deploy.embedded.processes import free_port, spawn
from tests.performance.placing.cpu import cpu_seconds
from tests.support.light_browser import Browser
from tests.support.servers import Running, answers, start_sandbox, start_worker, wait_for
from tests.support.shoppers import DELIVERY

STRIPE_KEY, WEBHOOK_SECRET = "sk_test_bench", "whsec_bench"
# The endpoint as docs/operations.md says to set it up at Stripe.
ENDPOINT_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.canceled",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.*",
    "payout.*",
)
Step = tuple[str, Callable[[Browser], bool]]


class Shop(Protocol):
    """A shop under measurement. A step says whether the buyer goes on to the next one."""

    name: str
    products: list[int]
    web: Running

    def start(self, processes: int) -> None: ...
    def fill(self, browser: Browser, product: int) -> None: ...
    def steps(self) -> list[Step]: ...
    def settle(self) -> None: ...
    def orders(self) -> int: ...
    def stop(self) -> None: ...


def serve(
    module: str, environment: dict[str, str], folder: Path, processes: int, port: int
) -> Running:
    """gunicorn as deploy/examples/shanhuo-web.service starts it, with so many processes."""
    command = [sys.executable, "-m", "gunicorn", module, "--no-control-socket", "--preload"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(processes), "--threads", "2"]
    command += ["--worker-class", "gthread", "--backlog", "2048", "--timeout", "120"]
    log = folder / f"{module}-{port}.log"
    with log.open("wb") as output:
        process = spawn(command, environment=environment, directory=ROOT, output=output)
    return Running(module, process, log, f"http://127.0.0.1:{port}", port)


def count(url: str, query: str) -> int:
    with psycopg.connect(url) as line:
        row = line.execute(query).fetchone()
    assert row is not None
    return int(row[0])


class OurShop:
    """Shanhuo: gunicorn, one Celery worker, and the Stripe sandbox that sends its webhooks."""

    name = "ours"

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        hook = f"http://127.0.0.1:{self.port}/payments/stripe/webhook"
        self.sandbox = start_sandbox(
            folder, hook, WEBHOOK_SECRET, STRIPE_KEY, events=ENDPOINT_EVENTS
        )
        self.environment = environment | {
            "STRIPE_API_BASE": self.sandbox.url,
            "STRIPE_JS_URL": f"{self.sandbox.url}/v3/",
        }
        self.worker = start_worker(self.environment, folder)
        # As deploy/examples/shanhuo-worker.service: pages come before mail and sweeps.
        for thread in os.listdir(f"/proc/{self.worker.process.pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), 5)
        self.products: list[int] = []
        self.codes = itertools.count()

    def stock(self, products: int, packs: int) -> list[int]:
        """So many more products with so many packs each, one cooperative and lot to each."""
        from tests.support import chain

        codes = [f"{next(self.codes):03}" for _ in range(products)]
        return [chain.make_grove(code, grams=packs * 2500).pack.pk for code in codes]

    def start(self, processes: int) -> None:
        self.web = serve("storefront.wsgi", self.environment, self.folder, processes, self.port)
        wait_for(lambda: answers(f"{self.web.url}/healthz"), 60, "our shop answers", self.web)

    def fill(self, browser: Browser, product: int) -> None:
        assert browser.post("/basket/add/", pack=product, quantity=1).status == 302
        assert browser.post("/checkout/", **DELIVERY).location == "/checkout/review/"

    def steps(self) -> list[Step]:
        """From the review page to the order."""
        pages: dict[Browser, str] = {}
        secrets: dict[Browser, tuple[str, str]] = {}

        def review(browser: Browser) -> bool:
            return browser.get("/checkout/review/").status == 200

        def reserve(browser: Browser) -> bool:
            pages[browser] = browser.post("/checkout/review/").location
            return pages[browser].startswith("/checkout/pay/")

        def pay_page(browser: Browser) -> bool:
            page = browser.get(pages[browser])
            assert page.status == 200, page
            secrets[browser] = (_found(page.text, "client-secret"), _found(page.text, "able-key"))
            return True

        def pay(browser: Browser) -> bool:
            secret, key = secrets[browser]
            intent = secret.partition("_secret_")[0]
            request = urllib.request.Request(
                f"{self.sandbox.url}/v1/payment_intents/{intent}/confirm",
                data=f"client_secret={secret}&payment_method=pm_card_visa".encode(),
                headers={"Authorization": f"Bearer {key}"},
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert json.load(answer)["status"] == "succeeded"
            return True

        def come_back(browser: Browser) -> bool:
            where = browser.get(pages[browser].replace("/pay/", "/return/")).location
            return where.startswith("/checkout/done/")

        return [
            ("review page", review),
            ("reserve", reserve),
            ("payment page", pay_page),
            ("(pay)", pay),
            ("place", come_back),
        ]

    def settle(self) -> None:
        """All webhooks have been delivered, and the worker has done what came of them."""
        wait_for(lambda: not self._pending(), 120, "the webhooks are delivered", self.web)
        wait_for(lambda: not self._waiting(), 120, "the worker is done", self.worker)

    def _waiting(self) -> int:
        query = """
            SELECT (SELECT count(*) FROM payments_stripeevent WHERE processed_at IS NULL)
                 + (SELECT count(*) FROM notifications_message WHERE state = 'waiting')
        """
        return count(self.environment["DATABASE_URL"], query)

    def _pending(self) -> int:
        with urllib.request.urlopen(f"{self.sandbox.url}/_sandbox/state", timeout=30) as answer:
            return int(json.load(answer)["webhooks"]["pending"])

    def orders(self) -> int:
        return count(self.environment["DATABASE_URL"], "SELECT count(*) FROM order_order")

    def stop(self) -> None:
        self.web.stop()

    def end(self) -> None:
        self.worker.stop()
        self.sandbox.stop()

    def aside(self) -> dict[str, float]:
        """CPU seconds that are no web process's."""
        return {
            "sandbox": cpu_seconds(self.sandbox.process.pid),
            "worker": cpu_seconds(self.worker.process.pid),
        }


def _found(text: str, name: str) -> str:
    found = re.search(name + r'="([^"]+)"', text)
    assert found, f"no {name} in {text[:2000]}"
    return found[1]


class StockShop:
    """django-oscar as it comes: its own basket, checkout and order, which takes no payment."""

    name = "stock"

    def __init__(self, environment: dict[str, str], url: str, folder: Path) -> None:
        self.environment = environment | {
            "DJANGO_SETTINGS_MODULE": "tests.performance.stock_oscar.settings",
            "STOCK_DATABASE_URL": url,
        }
        self.folder, self.port, self.url = folder, free_port(), url
        self.products: list[int] = []

    def stock(self, products: int, packs: int) -> list[int]:
        """So many more products with so many packs each."""
        command = [sys.executable, "-m", "tests.performance.stock_oscar.goods"]
        command += [str(products), str(packs)]
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        made: list[int] = json.loads(done.stdout.strip().splitlines()[-1])
        return made

    def start(self, processes: int) -> None:
        module = "tests.performance.stock_oscar.wsgi"
        self.web = serve(module, self.environment, self.folder, processes, self.port)
        page = f"{self.web.url}/basket/"
        wait_for(lambda: answers(page), 60, "stock Oscar answers", self.web)

    def fill(self, browser: Browser, product: int) -> None:
        assert browser.post(f"/basket/add/{product}/", quantity=1).status == 302
        asked = {"username": DELIVERY["email"], "options": "anonymous"}
        assert browser.post("/checkout/", **asked).location == "/checkout/shipping-address/"
        where = browser.post(
            "/checkout/shipping-address/",
            first_name="买家",
            last_name="-",
            line1=DELIVERY["street"],
            line4=DELIVERY["city"],
            postcode="100000",
        )
        assert where.location == "/checkout/shipping-method/", where.text[:3000]
        assert browser.get("/checkout/shipping-method/").status == 302

    def steps(self) -> list[Step]:
        """From its payment page to the order."""

        def payment_page(browser: Browser) -> bool:
            return browser.get("/checkout/payment-details/").status == 200

        def preview(browser: Browser) -> bool:
            return browser.post("/checkout/preview/").status == 200

        def place(browser: Browser) -> bool:
            answer = browser.post("/checkout/preview/", action="place_order")
            return answer.location == "/checkout/thank-you/"

        return [("payment page", payment_page), ("review page", preview), ("place", place)]

    def settle(self) -> None:
        """Nothing goes on after the answer."""

    def orders(self) -> int:
        return count(self.url, "SELECT count(*) FROM order_order")

    def stop(self) -> None:
        self.web.stop()

    def end(self) -> None:
        """There is nothing beside the web server."""

    def aside(self) -> dict[str, float]:
        return {}


def server_environment(values: dict[str, str]) -> dict[str, str]:
    """What servers know: production's settings on plain HTTP."""
    return {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"},
        "DJANGO_SETTINGS_MODULE": "storefront.settings.production",
        "SECURE_SSL_REDIRECT": "0",
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "SHANHUO_DB_ROLE": "app",
        "STRIPE_API_KEY": STRIPE_KEY,
        "STRIPE_PUBLISHABLE_KEY": "pk_test_bench",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "EMAIL_URL": "dummymail://",
        "PYTHONUNBUFFERED": "1",
        **values,
    }
