"""Makes the migrated template and the demo's, while tests that need neither run already.

    python -m tests.support.preparing

The run starts it (tests/conftest.py); who needs a template meanwhile waits at its lock.
"""

import os
import shutil
import subprocess
import sys

from deploy.embedded.places import ROOT, VAR
from tests.support.open_site import PASSWORD
from tests.support.parts import Database, Suite

DEMO_MEDIA = VAR / "test" / "demo-media"


def load_demo(database: Database) -> None:
    """Fill a database with the demo; its pictures go to DEMO_MEDIA."""
    shutil.rmtree(DEMO_MEDIA, ignore_errors=True)
    environment = {
        **os.environ,
        "DATABASE_URL": database.url,
        "DEMO_PASSWORD": PASSWORD,
        "DJANGO_SETTINGS_MODULE": "storefront.settings.test",
        "MEDIA_ROOT": str(DEMO_MEDIA),
        "SITE_URL": "http://127.0.0.1:1",
    }
    command = [sys.executable, "manage.py", "load_demo", "--without-season"]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def main() -> None:
    suite = Suite()
    suite.start()
    try:
        name = suite.new_name()
        suite.clone_with_demo(name, load_demo)
        suite.drop(name)
    finally:
        suite.forget()
        suite.stop()


if __name__ == "__main__":
    main()
