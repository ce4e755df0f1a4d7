"""What a first visit costs on a weak network."""

import gzip
from collections import Counter

import pytest
from playwright.sync_api import Request

from tests.support import money_paths
from tests.support.open_site import Arrive, OpenSite

pytestmark = pytest.mark.browser

# Bytes, compressed as a server sends them.
VIEW, STYLES, SCRIPTS = 200_000, 45_000, 60_000
PICTURES = ("image", "media")
PAGES = ("/", "/produce/", "/produce/PG/", "/villages/jiawa/", "/impact/", "/basket/")


def weigh(requests: list[Request]) -> Counter[str]:
    """Bytes of each kind that these requests were answered with, pictures left out."""
    bytes_of: Counter[str] = Counter()
    for request in requests:
        if request.resource_type not in PICTURES and (answer := request.response()):
            bytes_of[request.resource_type] += len(gzip.compress(answer.body()))
    return bytes_of


@pytest.mark.parametrize("path", PAGES)
def test_a_first_view_is_light(path: str, arrive_there: Arrive, shared_site: OpenSite) -> None:
    # Given somebody who was never here, but may have put something into a basket
    visitor = arrive_there("first")
    if path == "/basket/":
        money_paths.put_in(visitor, ("HSF-2", 1))
    requests: list[Request] = []
    visitor.page.on("requestfinished", lambda request: requests.append(request))

    # When the page is open and still
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")

    # Then it came whole and weighs little
    weights = weigh(requests)
    assert {"document", "stylesheet", "script"} <= set(weights), weights
    assert weights["stylesheet"] <= STYLES, weights
    assert weights["script"] <= SCRIPTS, weights
    assert weights.total() <= VIEW, weights
