"""Exports that staff give through the browser: looked at, then imported by a worker."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from catalog.clock import now
from livestream.platforms.models import PlatformImport, PlatformShop
from livestream.platforms.selectors import figures_json, figures_of
from livestream.platforms.services import import_orders
from livestream.platforms.tables import BadFile
from livestream.sessions.models import LiveSession

State = PlatformImport.State
MOST_BYTES = 60 * 1024 * 1024
# A worker that was not heard of for so long is gone.
SILENT = timedelta(minutes=5)


def look_at(
    sent: UploadedFile, platform: str, shop_name: str, session: LiveSession | None, actor: Any
) -> PlatformImport:
    """Keep a file with what it says; nothing is imported. Raises BadFile, and nothing is kept."""
    if sent.size is None or sent.size > MOST_BYTES:
        raise BadFile(
            _("The file is too large: %(most)d MB at most.") % {"most": MOST_BYTES // 1024**2}
        )
    kept = PlatformImport(
        session=session,
        file=sent,
        file_name=Path(sent.name or "").name[:200],
        actor=actor,
        created_at=now(),
    )
    kept.file.save("export", sent, save=False)
    try:
        kept.result = figures_json(figures_of(Path(kept.file.path), platform))
        with transaction.atomic():
            kept.shop = PlatformShop.objects.get_or_create(platform=platform, name=shop_name)[0]
            kept.save()
    except BaseException:
        kept.file.delete(save=False)
        raise
    return kept


def may_begin(found: PlatformImport) -> bool:
    """Whether it can be started: it never was, it stopped, or its worker is gone."""
    if not found.file:
        return False
    if found.state in (State.CHECKED, State.FAILED):
        return True
    gone = found.alive_at is not None and found.alive_at < now() - SILENT
    return found.state in (State.WAITING, State.RUNNING) and gone


@transaction.atomic
def begin(import_id: int) -> bool:
    """Have a worker import a file; False if that is under way, or done."""
    found = PlatformImport.objects.select_for_update().get(pk=import_id)
    if not may_begin(found):
        return False
    found.state, found.error, found.rows_done, found.alive_at = State.WAITING, "", 0, now()
    found.save()
    transaction.on_commit(lambda: _enqueue(import_id))
    return True


def forget_files(before: datetime) -> int:
    """Delete files given before a moment that were not imported; gives how many.

    What they said stays, without the file it can't be started any more.
    """
    old = PlatformImport.objects.exclude(file="").filter(created_at__lt=before)
    old = old.filter(state__in=[State.CHECKED, State.FAILED])
    for found in old:
        found.file.delete()
    return len(old)


def _enqueue(import_id: int) -> None:
    from livestream.platforms.tasks import import_file

    try:
        import_file.delay(import_id)
    except OperationalError:
        PlatformImport.objects.filter(pk=import_id).update(
            state=State.FAILED, error=_("No worker could be reached.")
        )


def run(import_id: int) -> None:
    """Import a file that waits. What was kept when it fails stays; started again it goes on."""
    rows = PlatformImport.objects.filter(pk=import_id)
    if not rows.filter(state=State.WAITING).update(state=State.RUNNING, alive_at=now()):
        return
    found = rows.select_related("shop", "session").get()

    def progress(done: int, _rows: int) -> None:
        rows.update(rows_done=done, alive_at=now())

    try:
        done = import_orders(
            Path(found.file.path),
            found.shop.platform,
            found.shop.name,
            session=found.session,
            progress=progress,
        )
    except Exception as error:  # whatever it is, staff see that it stopped
        said = str(error) if isinstance(error, BadFile) else _("An error of ours: see the log.")
        rows.update(state=State.FAILED, error=said, ended_at=now())
        raise
    rows.filter(state=State.RUNNING).update(
        state=State.DONE, result=done.as_json(), rows_done=done.figures.rows, ended_at=now()
    )
    found.refresh_from_db()
    found.file.delete()
