"""The part of the rich chain that is about cases and disputes: one of each end."""

import time
from typing import Any

from storefront.aftersales.cases import disputes, services
from storefront.aftersales.cases.models import CaseEntry, Dispute
from storefront.payments.finalizing import finalize
from tests.support import chain
from tests.support.cases import arrived, words, write_case

Author = CaseEntry.Author


def make_pears(seller: chain.Partner) -> chain.Grove:
    """Pears of their own, so that the rest of the chain stays as it was."""
    pear = chain.make_produce("PEAR")
    pack = chain.make_pack(pear, [seller], price_fen=2480)
    chain.deliver(f"{seller.code}-001", pear, 40_000, days_ago=20)
    return chain.Grove(seller, pear, pack)


def make_disputes(pears: chain.Grove, staff: Any) -> dict[str, Any]:
    """Orders whose payment is disputed at once: the dispute is won, lost, open."""
    orders = {}
    for end in ("won", "lost", "open"):
        attempt = chain.start([(pears.pack, 1)])
        chain.pay(attempt, "pm_card_createDispute")
        orders[f"dispute {end}"] = finalize(attempt.uuid).order
    _until(lambda: disputes.sweep() and Dispute.objects.count() == 3)
    for end, evidence in (("won", "winning_evidence"), ("lost", "losing_evidence")):
        dispute = Dispute.objects.get(case__order=orders[f"dispute {end}"])
        disputes.send_evidence(dispute.pk, evidence, staff)
    _until(lambda: disputes.sweep() and Dispute.objects.filter(closed_at=None).count() == 1)
    return orders


def _until(done: Any) -> None:
    """Stripe's side takes half a second to make up its mind."""
    for _ in range(50):
        if done():
            return
        time.sleep(0.1)
    raise AssertionError("Stripe's sandbox did not decide")


def make_cases(pears: chain.Grove, staff: Any) -> dict[str, Any]:
    """Parcels that arrived: one claim paid at once, one refused, one agreed in part and open."""
    paid, line = arrived(pears)
    write_case(paid, line, packs=1)
    refused = write_case(paid, line, packs=2)
    services.decide(refused.pk, words(Author.COOPERATIVE, "不是我们的货", staff), amount_fen=0)
    still_open, line = arrived(pears)
    case = write_case(still_open, line, packs=3)
    services.reply(case.pk, words(Author.STAFF, "请拍箱子", staff), ask=True)
    services.reply(case.pk, words(Author.BUYER, "好"))
    services.decide(case.pk, words(Author.COOPERATIVE, "一半", staff), amount_fen=3000)
    services.escalate(case.pk, words(Author.BUYER, "不同意"))
    return {"claimed": paid, "open case": still_open}
