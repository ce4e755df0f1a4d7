"""Every change of a stock pool (DESIGN §5).

Two ways in. A buyer's hold is one conditional UPDATE that may be refused. A fact (a lot, a lapsed
promise, a heavier box) is never refused: it is applied to the locked pool, and what no longer
fits is taken from free grams, then holds, then the newest unpacked lines, which become short.

Locks: pools in primary-key order (`lock_pools`), and last in the caller's transaction; rows of
reservation lines, lots, promises, picking days and a consignment line's grams are changed only
under their pool's lock.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from catalog.clock import now, start_of, today
from cooperatives.partner import picking
from cooperatives.partner.displacement import cover_shorts, displace
from cooperatives.partner.models import Reservation, ReservationLine, StockMove, StockPool

Cause = StockMove.Cause
FIGURES = ("on_hand", "promised", "reserved", "allocated")


class OutOfStock(Exception):
    """A pool has too little left. `pool_id` says which."""

    def __init__(self, pool_id: int):
        super().__init__(f"stock pool {pool_id} has too little left")
        self.pool_id = pool_id


class OpenPool:
    """A locked pool while facts are applied to it. `close()` writes it, with its journal."""

    def __init__(self, pool: StockPool):
        self.pool = pool
        self.moves: list[StockMove] = []
        self.moment = now()

    def move(self, cause: str, reference: str, **grams: int) -> None:
        """Journal a change and apply it to the figures; nothing is written yet."""
        if not any(grams.values()):
            return
        for figure, change in grams.items():
            setattr(self.pool, figure, getattr(self.pool, figure) + change)
        self.moves.append(
            StockMove(
                pool=self.pool, cause=cause, reference=reference, created_at=self.moment, **grams
            )
        )

    def close(self, reference: str, *, replan: bool = True) -> None:
        """Settle what a fact displaced or can cover, plan the picking, write pool and journal.

        `reference` names the fact, for the journal rows of what it displaced. `replan` false
        skips what only matters where on_hand or promised changed.
        """
        if self.pool.free < 0:
            displace(self, reference)
        elif self.pool.free > 0:
            cover_shorts(self, reference)
        if replan:
            picking.plan(self.pool)
            self.pool.next_change_at = _next_change(self.pool)
        else:
            picking.unbook(self.pool)
        self.pool.save(update_fields=[*FIGURES, "next_change_at"])
        StockMove.objects.bulk_create(self.moves)
        self.moves = []


def get_pool(partner_id: int, produce_id: int) -> StockPool:
    """The pool of one produce at one cooperative, made when missing."""
    return StockPool.objects.get_or_create(
        partner_id=partner_id,
        produce_id=produce_id,
        defaults={"next_change_at": now() + timedelta(days=365)},
    )[0]


def lock_pools(pool_ids: Iterable[int]) -> dict[int, OpenPool]:
    """Lock pools in primary-key order, roll stale ones forward, and open them for facts.

    Must run in a transaction. The one way to lock pools: two callers never wait in a circle.
    """
    pools = (
        StockPool.objects.select_for_update(no_key=True).filter(pk__in=set(pool_ids)).order_by("pk")
    )
    opened = {pool.pk: OpenPool(pool) for pool in pools}
    for open_pool in opened.values():
        if open_pool.pool.next_change_at <= open_pool.moment:
            _roll(open_pool)
            open_pool.close(f"time:{open_pool.moment.isoformat()}")
    return opened


@transaction.atomic
def roll_forward(pool_ids: Iterable[int]) -> None:
    """Let time pass for pools: expired lots and lapsed promises leave them."""
    lock_pools(pool_ids)


def stale_pools() -> list[int]:
    """Pools whose figures are no longer to be trusted because time passed."""
    return list(StockPool.objects.filter(next_change_at__lte=now()).values_list("pk", flat=True))


def expire_lots(open_pool: OpenPool) -> None:
    """Write off what is left of lots past their shelf life, through the journal."""
    lots = list(
        open_pool.pool.lots.filter(
            expires_at__lte=open_pool.moment, grams__gt=F("drawn_grams") + F("written_off_grams")
        )
    )
    for lot in lots:
        open_pool.move(
            Cause.ROLLED, f"lot:{lot.pk}:{open_pool.moment.isoformat()}", on_hand=-lot.left
        )
        lot.written_off_grams += lot.left
    open_pool.pool.lots.bulk_update(lots, ["written_off_grams"])


def _roll(open_pool: OpenPool) -> None:
    """Write off expired lots and recount promises."""
    expire_lots(open_pool)
    stamp = open_pool.moment.isoformat()
    day = today()
    for promise in open_pool.pool.promises.filter(counted_grams__gt=0):
        counted = picking.counted(promise, day)
        open_pool.move(
            Cause.ROLLED,
            f"promise:{promise.pk}:{stamp}",
            promised=counted - promise.counted_grams,
        )
        if counted != promise.counted_grams:
            promise.counted_grams = counted
            promise.save(update_fields=["counted_grams"])


def _next_change(pool: StockPool) -> datetime:
    """When the pool's figures next change by the passing of time alone."""
    moments = [now() + timedelta(days=365)]
    first = (
        pool.lots.filter(grams__gt=F("drawn_grams") + F("written_off_grams"))
        .order_by("expires_at")
        .values_list("expires_at", flat=True)
        .first()
    )
    if first:
        moments.append(first)
    if pool.promises.filter(counted_grams__gt=0).exists():
        moments.append(start_of(today() + timedelta(days=1)))
    return min(moments)


# The one statement that keeps two buyers in the same millisecond apart: check and hold at once.
HOLD = """
UPDATE partner_stockpool SET reserved = reserved + %(grams)s
 WHERE id = %(pool)s
   AND reserved + allocated + %(grams)s <= on_hand + promised
   AND next_change_at > %(moment)s
RETURNING greatest(0, reserved + allocated - on_hand)
"""


def _hold(pool_id: int, grams: int) -> int | None:
    """Hold grams in one pool if it has them; gives what must be picked, None where it has not."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, {"pool": pool_id, "grams": grams, "moment": now()})
        row = cursor.fetchone()
    return row[0] if row else None


def reserve(reference: UUID, grams_by_pool: Mapping[int, int], expires_at: datetime) -> None:
    """Hold grams in every pool for a payment attempt, or in none.

    Pools are taken in primary-key order. Must run in a transaction, which the caller rolls back
    on OutOfStock.
    """
    reservation = Reservation.objects.create(
        reference=reference, created_at=now(), expires_at=expires_at
    )
    for pool_id, grams in sorted(grams_by_pool.items()):
        to_pick = _hold(pool_id, grams)
        if (
            to_pick is None
            and StockPool.objects.filter(pk=pool_id, next_change_at__lte=now()).exists()
        ):
            roll_forward([pool_id])
            to_pick = _hold(pool_id, grams)
        # Held, and yet no day left to pick it on: the caller rolls back.
        if to_pick is None or not picking.book(pool_id, to_pick=to_pick):
            raise OutOfStock(pool_id)
    ReservationLine.objects.bulk_create(
        ReservationLine(reservation=reservation, pool_id=pool_id, grams=grams)
        for pool_id, grams in sorted(grams_by_pool.items())
    )
    StockMove.objects.bulk_create(
        StockMove(
            pool_id=pool_id,
            cause=Cause.RESERVED,
            reference=f"attempt:{reference}",
            reserved=grams,
            created_at=reservation.created_at,
        )
        for pool_id, grams in sorted(grams_by_pool.items())
    )


def _end_reservation(reference: UUID, state: str) -> bool:
    """Take a held reservation to its end state. False when it was not held any more."""
    return bool(
        Reservation.objects.filter(reference=reference, state=Reservation.State.HELD).update(
            state=state
        )
    )


@transaction.atomic
def release(reference: UUID) -> None:
    """Give back what a payment attempt held. Doing it twice gives back once."""
    lines = ReservationLine.objects.filter(reservation__reference=reference)
    mine = lines.filter(reservation__state=Reservation.State.HELD)
    opened = lock_pools(mine.values_list("pool_id", flat=True))
    # Not before the pools are rolled: what expired meanwhile is taken from holds, this one's too.
    if not _end_reservation(reference, Reservation.State.RELEASED):
        return
    for line in lines.order_by("pool_id"):
        open_pool = opened[line.pool_id]
        held = line.grams - line.lost_grams
        open_pool.move(Cause.RELEASED, f"attempt:{reference}", reserved=-held)
        open_pool.close(f"attempt:{reference}", replan=False)


def sell(reference: UUID, grams_by_pool: Mapping[int, int]) -> None:
    """Turn an attempt's hold into a sale. Call it last: it locks the hot rows until commit.

    What the hold lost meanwhile (a fact took it, or it expired) is taken again if it is still
    free; else OutOfStock, and the caller rolls back. Must run in a transaction.
    """
    opened = lock_pools(grams_by_pool)
    held = {}
    if _end_reservation(reference, Reservation.State.SOLD):
        lines = ReservationLine.objects.filter(reservation__reference=reference)
        held = {line.pool_id: line.grams - line.lost_grams for line in lines}
    for pool_id, open_pool in opened.items():
        grams, had = grams_by_pool[pool_id], held.get(pool_id, 0)
        open_pool.move(Cause.SOLD, f"attempt:{reference}", reserved=-had, allocated=grams)
        if open_pool.pool.free < 0:
            raise OutOfStock(pool_id)
        if grams > had and not picking.book(pool_id, to_pick=open_pool.pool.from_promises):
            raise OutOfStock(pool_id)
        open_pool.pool.save(update_fields=FIGURES)
        StockMove.objects.bulk_create(open_pool.moves)


def expired_reservations(limit: int = 200) -> list[UUID]:
    """References of held reservations past their time."""
    return list(
        Reservation.objects.filter(state=Reservation.State.HELD, expires_at__lte=now()).values_list(
            "reference", flat=True
        )[:limit]
    )
