"""Buyers over HTTP: a browser's requests without the browser, to a running server and sandbox."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Barrier, Thread
from typing import Any, TypeVar

import requests

Found = TypeVar("Found")
# Django's double submit: a cookie and a field with the same token.
TOKEN = "a" * 32  # not a secret of anybody
TIMEOUT = 60
DELIVERY = {
    "name": "买家",
    "phone": "13800000000",
    "email": "buyer@example.org",
    "province": "北京",
    "city": "北京市",
    "district": "海淀区",
    "street": "学院路1号",
}


@dataclass
class Shopper:
    """One session, with its cookies; `statuses` is every answer that it got."""

    url: str
    stripe: str
    session: requests.Session = field(default_factory=requests.Session)
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        # A connection that idled may be closed by the server while a POST is on its way.
        self.session.headers.update({"Accept-Language": "en", "Connection": "close"})
        self.session.cookies.set("csrftoken", TOKEN)

    def get(self, path: str) -> requests.Response:
        """A page, without following where it leads."""
        return self._noted(
            self.session.get(self.url + path, allow_redirects=False, timeout=TIMEOUT)
        )

    def post(self, path: str, **given: Any) -> requests.Response:
        """A form, without following where it leads."""
        return self._noted(
            self.session.post(
                self.url + path,
                data=given | {"csrfmiddlewaretoken": TOKEN},
                allow_redirects=False,
                timeout=TIMEOUT,
            )
        )

    def _noted(self, answer: requests.Response) -> requests.Response:
        self.statuses.append(answer.status_code)
        return answer

    def fill(self, pack_ids: Sequence[int]) -> None:
        """Look at a pack's page, put one of each into the basket, say where it goes."""
        for pack_id in pack_ids:
            assert self.post("/basket/add/", pack=pack_id, quantity=1).status_code == 302
        answer = self.post("/checkout/", **DELIVERY)
        assert answer.headers.get("Location") == "/checkout/review/", answer.text[:2000]

    def order(self) -> str:
        """Press "to payment" on the review page: where that leads."""
        answer = self.post("/checkout/review/")
        assert answer.status_code == 302, answer.text[:2000]
        return answer.headers["Location"]

    def pay(self, payment_page: str, card: str = "pm_card_visa") -> str:
        """Read the card form, confirm at the payment service, and come back: where that leads."""
        page = self.get(payment_page)
        assert page.status_code == 200, page.text[:2000]
        secret = _between(page.text, r'data-client-secret="([^"]+)"')
        confirmed = requests.post(
            f"{self.stripe}/v1/payment_intents/{secret.partition('_secret_')[0]}/confirm",
            data={"client_secret": secret, "payment_method": card},
            headers={
                "Authorization": "Bearer " + _between(page.text, r'publishable-key="([^"]+)"')
            },
            timeout=TIMEOUT,
        )
        assert confirmed.json().get("status") == "succeeded", confirmed.text
        return self.come_back(payment_page)

    def come_back(self, payment_page: str) -> str:
        """Where the payment's return page leads."""
        answer = self.get(payment_page.replace("/pay/", "/return/"))
        assert answer.status_code == 302, answer.text[:2000]
        return answer.headers["Location"]


def _between(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    assert found, f"no {pattern} in {text[:2000]}"
    return found[1]


def at_once(works: Sequence[Callable[[], Found]]) -> list[Found]:
    """Run the works in threads of their own, released by one barrier; raises what any raised."""
    barrier = Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(number: int) -> None:
        try:
            barrier.wait(TIMEOUT)
            results[number] = works[number]()
        except BaseException as error:
            results[number] = error

    threads = [Thread(target=run, args=[number]) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
