"""Two members of staff correct one line at one moment."""

import threading
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import connection

from catalog.clock import now
from livestream.campaigns.models import Campaign, LineAttribution
from livestream.campaigns.services import (
    OverrideRefused,
    override,
)
from tests.support.sold import attribute, make_farm, sell


def test_of_two_overrides_at_once_one_is_refused(fresh_database):
    moment = now()
    campaigns = [
        Campaign.objects.create(
            code=f"c{number}", name_zh="推广", starts_at=moment, ends_at=moment + timedelta(days=1)
        )
        for number in range(8)
    ]
    staff = get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")
    order = sell((make_farm(), 2500))
    attribute(order)
    line_id = order.lines.get().pk
    barrier, refused = threading.Barrier(8), []

    def correct(campaign_id: int) -> None:
        try:
            barrier.wait()
            override(line_id, campaign_id, staff, "Mine.")
        except OverrideRefused as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=correct, args=[campaign.pk]) for campaign in campaigns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Whoever came after another's commit replaced that one; nobody replaced the same row.
    assert LineAttribution.objects.filter(replaced_by__isnull=True).count() == 1
    assert LineAttribution.objects.count() == 9 - len(refused)
