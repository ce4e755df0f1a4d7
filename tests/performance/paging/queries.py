"""`python -m tests.performance.paging.queries`: how many queries pages take; JSON in and out.

Takes [cookies, {name: path}]; each page is asked for twice, and the second time counts.
"""

import json
import sys
from http.cookies import SimpleCookie


def main(cookies: str, pages: dict[str, str]) -> dict[str, int]:
    """Ask by Django's own client in this process."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1", "accept-language": "zh-hans"})
    client.cookies = SimpleCookie(cookies)
    found = {}
    for name, path in pages.items():
        assert client.get(path).status_code == 200, path
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200, path
        found[name] = len(captured)
    return found


if __name__ == "__main__":
    print(json.dumps(main(*json.load(sys.stdin))))
