"""The test suite's settings with points at which a process may be killed, and a mailbox to read."""

import os

from storefront.settings.test import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.points"]  # noqa: F405
EMAIL_BACKEND = "tests.chaos.mailbox.Mailbox"
# Where the points look for orders to die, and the mailbox is.
CHAOS_FOLDER = os.environ["CHAOS_FOLDER"]
# A gateway that hangs must not outlast the run.
STRIPE_TIMEOUT_SECONDS = 2
# So that reservations end while people pay, as they do in a quarter of an hour.
RESERVATION_MINUTES = 0.5
