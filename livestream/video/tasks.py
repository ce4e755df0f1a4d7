"""Video in the background."""

from celery import shared_task

from livestream.video import recordings, services


@shared_task
def pause_silent_video() -> int:
    """Pause the sessions whose media server fell silent. Gives how many."""
    return services.end_silent()


@shared_task
def take_recordings() -> int:
    """Make replays of what the media server recorded of sessions that have ended. Gives how many.

    Two at once: the second leaves it to the first.
    """
    return recordings.take_recordings()
