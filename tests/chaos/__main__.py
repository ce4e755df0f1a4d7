"""`python -m tests.chaos [--minutes M | --seconds S] [--seed N] [--template ADDRESS]`."""

import argparse
import os
import random
import sys
import threading
import time
from collections import Counter
from datetime import date
from typing import Any

from deploy.embedded.places import ROOT, VAR
from tests.chaos.stack import Stack

DEMO = ROOT / "deploy" / "demo"
REPORT = VAR / "chaos" / "report.txt"
LEAST_OF_EACH = 20
# From so many seconds on, every kind of fault has to come LEAST_OF_EACH times.
LONG = 540


class Run:
    """One run: the world, the storm, the calm, the verdict."""

    def __init__(self, stack: Stack, seconds: float, seed: int) -> None:
        self.stack, self.seconds, self.seed = stack, seconds, seed
        self.lines: list[str] = []
        self.faults: list[str] = []
        self.took: dict[str, float] = {}

    def say(self, text: str = "") -> None:
        self.lines.append(text)
        print(text, flush=True)

    def found(self, what: str, faults: Any) -> None:
        """Note one demand and what speaks against it."""
        rows = list(faults)
        self.say(f"{'FAULT' if rows else 'ok':<7}{what}")
        for row in rows[:20]:
            self.say(f"       {row}")
        self.faults += rows

    def prepare(self) -> None:
        """Villages as in the demo; a few packs are scarce."""
        from catalog.clock import today
        from catalog.models import Product
        from cooperatives.households.village_files import load_villages
        from cooperatives.partner.selectors import available_packs
        from cooperatives.routing.freight_file import load_freight
        from tests.support import oracle
        from tests.support.market import seconds_until_ten_in_the_morning

        self.morning = seconds_until_ten_in_the_morning()
        self.stack.set_clock(self.morning)
        self.as_of = date.fromordinal(today().toordinal() - 3)
        load_villages(DEMO / "villages", self.as_of)
        load_freight(DEMO / "freight.csv")
        self.villages = oracle.Villages(DEMO / "villages", self.as_of, DEMO / "freight.csv")
        packs = Product.objects.exclude(upc=None).order_by("pk").values_list("pk", flat=True)
        left = available_packs(packs)
        self.codes = give_codes(random.Random(self.seed))
        self.packs = [(pack, 1 if left[pack] < 30 else 3) for pack in packs if left[pack]]

    def storm(self) -> None:
        """Buyers and staff at work while the monkey breaks things."""
        from tests.chaos import staff
        from tests.chaos.buyers import LATE, Buyers
        from tests.chaos.monkey import Monkey

        stack = self.stack
        # Each kind its number of times, with some to spare; briefly, once or twice.
        often = LEAST_OF_EACH * 1.3 if self.seconds >= LONG else self.seconds / 20
        self.monkey = Monkey(stack, self.seed, self.morning, self.seconds / often)
        self.buyers = Buyers(
            stack.url,
            stack.port,
            stack.sandbox.url,
            stack.sandbox.publishable_key,
            self.packs,
            self.codes,
        )
        until = time.monotonic() + self.seconds
        threads = [
            threading.Thread(target=self.buyers.go_on, args=[f"B{self.seed}-{n}", until])
            for n in range(6)
        ]
        for thread in threads:
            thread.start()
        workers, self.worked, broken = staff.start(2, self.seed, until, 0.25)
        self.monkey.go_on(until)
        self.injected = self.monkey.stop()
        for thread in [*threads, *workers]:
            thread.join()
        self.broken = broken + self.buyers.broken
        self.injected["the time to pay was over"] = self.buyers.done[LATE]

    def judge(self) -> None:
        """Calm, then every demand."""
        from catalog.clock import now
        from storefront.aftersales.models import Refund
        from tests.chaos import judging
        from tests.support import oracle
        from tests.support.comparing import compare

        stack, buyers = self.stack, self.buyers
        left = judging.wait_for_calm(stack, self.monkey, max(60.0, self.seconds / 3))
        judging.look_at_everything(buyers)
        automatic = Refund.objects.filter(reason=Refund.Reason.GOODS_GONE).count()
        self._report(automatic)
        self.found("nobody met what should not be", self.broken)
        self.found("nothing waits any more", (f"{n} {name}" for name, n in left.items()))
        self.found(
            "every buyer has an order, a refund or no charge",
            judging.receipts_are_true(stack, buyers),
        )
        self.found("no refund is stuck", judging.refunds_are_right())
        marks = self.injected["killed between mail and its mark"]
        killed = sum(n for name, n in self.injected.items() if "killed" in name)
        self.found("a confirmation for each order", judging.mails_went_out(marks + killed))
        self.found("Stripe's side and ours agree: no gaps", judging.reconciled())
        base = oracle.connect(stack.database.url)

        def compared() -> Any:
            return compare(base, self.villages, stack.sandbox, now(), swept=True)

        self.found("the oracle has the same figures", judging.oracle_agrees(stack, compared))
        self.found("verify_books is clean", judging.books_are_clean())
        self.found("no session hangs", judging.database_is_free())
        base.close()
        if self.seconds >= LONG:
            rare = [f"{name}: {n}" for name, n in self.injected.items() if n < LEAST_OF_EACH]
            self.found(f"every kind was injected {LEAST_OF_EACH} times", rare)
            self.found("a refund was made by itself", [] if automatic else ["there was none"])
        from tests.chaos import mailbox

        mails = len(mailbox.sent())
        self.say(f"\n{mails} mails, {len(self.faults)} faults, seed {self.seed}")

    def _report(self, automatic: int) -> None:
        from storefront.aftersales.models import Refund
        from storefront.order.models import Order
        from storefront.payments.models import PaymentAttempt

        self.say(f"Chaos of {self.seconds:.0f} seconds, seed {self.seed}\n\nInjected")
        for name, count in self.injected.items():
            self.say(f"  {count:>5}  {name}")
        orders, refunds = Order.objects.count(), Refund.objects.count()
        told = Counter(receipt.told for receipt in self.buyers.receipts)
        attempts = Counter(PaymentAttempt.objects.values_list("state", flat=True))
        for title, counts in (
            ("Buyers", self.buyers.done),
            ("The web server's answers", self.buyers.answers),
            ("Cooperatives and staff", self.worked),
            ("What the buyers were told in the end", told),
            ("Payments", attempts),
        ):
            self.say(f"\n{title}")
            for name, count in sorted(counts.items()):
                self.say(f"  {count:>5}  {name}")
        self.say(f"\n{orders} orders, {refunds} refunds, {automatic} of them by themselves\n")

    def write(self) -> None:
        REPORT.write_text("\n".join(self.lines) + "\n")


def give_codes(dice: random.Random) -> list[str]:
    """Vouchers with few uses, and gift vouchers with a balance for several purchases."""
    from tests.support import discounts

    codes = ["CHAOS5", "HOST3", "RARE"]
    discounts.offer("CHAOS5", funder="programme", amount_fen=500)
    discounts.offer("HOST3", funder="host", host_id=discounts.host().pk, amount_fen=300)
    discounts.offer("RARE", funder="programme", amount_fen=800, uses_limit=5)
    for number in range(12):
        code = f"GIFT-AAAA-BBBB-{dice.randint(1000, 9999)}-{number}"
        discounts.gift(dice.randint(500, 2400), code=code)
        codes.append(code)
    return codes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--template", default="", help="a migrated database to copy")
    options = parser.parse_args()
    seconds = options.seconds or options.minutes * 60
    stack = Stack(options.template)
    run = Run(stack, seconds, options.seed)
    try:
        os.environ.update(stack.environment)
        import django

        django.setup()
        for step in (run.prepare, stack.start, run.storm, run.judge):
            begun = time.monotonic()
            step()
            run.took[step.__name__] = time.monotonic() - begun
    finally:
        run.say(", ".join(f"{name} {seconds:.0f} s" for name, seconds in run.took.items()))
        run.write()
        stack.stop()
    return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main())
