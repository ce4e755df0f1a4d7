"""Several workers take one message at one moment."""

import threading

from django.core import mail
from django.db import connection

from storefront.notifications.models import Message
from storefront.notifications.services import queue, send
from tests.support.sold import make_farm, sell


def test_one_of_many_senders_sends(fresh_database):
    queue("confirmed", "order:1", sell((make_farm(), 2500)), {})
    message_id = Message.objects.get().pk
    barrier, results = threading.Barrier(8), []

    def work() -> None:
        try:
            barrier.wait()
            results.append(send(message_id))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == [False] * 7 + [True]
    assert len(mail.outbox) == 1
    assert Message.objects.get().tries == 1
