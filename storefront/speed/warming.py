"""What a web process would otherwise do for its first visitor."""

import logging

from django.db import DatabaseError, connections

from storefront.listing import keeper
from storefront.search.sounds import preload
from storefront.speed.store import edition

log = logging.getLogger(__name__)


def warm() -> None:
    """Load the search's dictionaries and the produce list before gunicorn's master forks."""
    preload()
    edition()
    try:
        keeper.fresh()
    except DatabaseError:
        log.warning("The database does not answer: the produce list is read later", exc_info=True)
    finally:
        # No two processes may speak on one connection.
        connections.close_all()
