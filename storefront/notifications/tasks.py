"""Messages in the background."""

from celery import shared_task

from storefront.notifications import services


@shared_task
def send_message(message_id: int) -> None:
    """Send one message."""
    services.send(message_id)


@shared_task
def sweep_messages() -> int:
    """Queue again what is due: the broker was down, or the mail server. Gives how many."""
    waiting = services.due_messages()
    for message_id in waiting:
        services.enqueue(message_id)
    return len(waiting)
