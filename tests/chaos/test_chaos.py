"""The short form of `make chaos`: some seconds of everything, with every demand at its end."""

import os
import subprocess
import sys

import pytest

from deploy.embedded.places import ROOT

SECONDS, PATIENCE = 18, 240
# These belong to the suite's own database and sandbox.
OURS = ("DATABASE_", "STRIPE_", "SHANHUO_", "REDIS_", "DJANGO_SETTINGS_MODULE")


@pytest.mark.slow
def test_after_some_seconds_of_chaos_every_buyer_has_an_order_a_refund_or_no_charge(
    fresh_database,
):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}

    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--seconds", str(SECONDS), "--seed", "3"]
        + ["--template", fresh_database.superuser_url],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    print(done.stdout)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "0 faults, seed 3" in done.stdout
