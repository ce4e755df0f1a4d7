"""What households bring and promise: facts, entered in the store, never refused for stock."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from catalog.clock import start_of, today
from catalog.models import Produce
from cooperatives.households.models import Lot, Promise, WriteOff
from cooperatives.partner import picking
from cooperatives.partner.models import StockMove
from cooperatives.partner.stock import OpenPool, expire_lots, get_pool, lock_pools
from cooperatives.routing.drawing import draw_waiting
from cooperatives.settlement.periods import sales_pools_for

Cause = StockMove.Cause


@dataclass(frozen=True)
class NewLot:
    """A delivery as it is entered; `grams` > 0, `grade` "A" or "B"."""

    code: str
    household_id: int
    produce_id: int
    partner_id: int
    delivered_on: date
    grams: int
    grade: str


@dataclass(frozen=True)
class NewPromise:
    """A harvest promise as it is entered; grams in all and a day, both > 0."""

    household_id: int
    produce_id: int
    partner_id: int
    from_day: date
    to_day: date
    grams: int
    grams_per_day: int


@transaction.atomic
def deliver_lots(lots: Sequence[NewLot]) -> list[Lot]:
    """Enter deliveries, all or none.

    Each consumes its household's open promises, earliest end first; covers what was packed
    beyond the lots, then shorts. A lot past its shelf life is entered and written off at once.
    It may be sold until shelf_days have passed since its day of delivery.
    Raises ValueError for a code that is known already, NoCreditRule.
    """
    _refuse_known(lots)
    pool_ids = _pool_ids((lot.partner_id, lot.produce_id) for lot in lots)
    shelf_days = dict(Produce.objects.values_list("pk", "shelf_days"))
    sales_pools = sales_pools_for(
        {
            (
                pool_ids[lot.partner_id, lot.produce_id],
                lot.partner_id,
                lot.produce_id,
                lot.delivered_on,
            )
            for lot in lots
        }
    )
    opened = lock_pools(pool_ids.values())
    try:
        with transaction.atomic():
            entered = Lot.objects.bulk_create(
                Lot(
                    code=lot.code,
                    household_id=lot.household_id,
                    pool_id=(pool_id := pool_ids[lot.partner_id, lot.produce_id]),
                    sales_pool=sales_pools[pool_id, lot.delivered_on],
                    delivered_on=lot.delivered_on,
                    expires_at=start_of(
                        lot.delivered_on + timedelta(days=shelf_days[lot.produce_id])
                    ),
                    grade=lot.grade,
                    grams=lot.grams,
                )
                for lot in lots
            )
    except IntegrityError:
        # Somebody else may have entered the same code at this moment.
        _refuse_known(lots)
        raise
    promises = _open_promises(opened)
    for lot in entered:
        _enter(opened[lot.pool_id], lot, promises[lot.pool_id, lot.household_id])
    for open_pool in opened.values():
        draw_waiting(open_pool)
        expire_lots(open_pool)
        # Not by its code: with what hangs on it that may be longer than a reference is.
        open_pool.close(f"lots:{entered[0].pk}+{len(entered)}")
    return entered


def _refuse_known(lots: Sequence[NewLot]) -> None:
    codes = [lot.code for lot in lots]
    known = Lot.objects.filter(code__in=codes).values_list("code", flat=True)
    if known:
        raise ValueError(_("These lots are entered already: %s") % ", ".join(sorted(known)))


def _pool_ids(pairs) -> dict[tuple[int, int], int]:
    return {pair: get_pool(*pair).pk for pair in sorted(set(pairs))}


def _open_promises(opened: dict[int, OpenPool]) -> dict[tuple[int, int], list[Promise]]:
    """The promises of the pools that are still open, earliest end first, by pool and household."""
    promises: dict[tuple[int, int], list[Promise]] = defaultdict(list)
    for promise in Promise.objects.filter(
        pool_id__in=opened, grams__gt=F("delivered_grams"), to_day__gte=today()
    ).order_by("to_day", "pk"):
        promises[promise.pool_id, promise.household_id].append(promise)
    return promises


def _enter(open_pool: OpenPool, lot: Lot, promises: list[Promise]) -> None:
    """Journal one lot: its grams come on hand and leave the household's promises."""
    rest, day, uncounted = lot.grams, today(), 0
    for promise in promises:
        taken = min(rest, promise.left)
        if not taken:
            continue
        rest -= taken
        promise.delivered_grams += taken
        counted = picking.counted(promise, day)
        uncounted += promise.counted_grams - counted
        promise.counted_grams = counted
        promise.save(update_fields=["delivered_grams", "counted_grams"])
    open_pool.move(Cause.DELIVERED, f"lot:{lot.code}", on_hand=lot.grams, promised=-uncounted)


@transaction.atomic
def make_promises(promises: Sequence[NewPromise]) -> list[Promise]:
    """Enter harvest promises, all or none; they count at once, as far as days are left."""
    pool_ids = _pool_ids((promise.partner_id, promise.produce_id) for promise in promises)
    opened = lock_pools(pool_ids.values())
    day = today()
    made = []
    for new in promises:
        promise = Promise(
            household_id=new.household_id,
            pool_id=pool_ids[new.partner_id, new.produce_id],
            from_day=new.from_day,
            to_day=new.to_day,
            grams=new.grams,
            grams_per_day=new.grams_per_day,
        )
        promise.counted_grams = picking.counted(promise, day)
        made.append(promise)
    Promise.objects.bulk_create(made)
    for promise in made:
        opened[promise.pool_id].move(
            Cause.PROMISED, f"promise:{promise.pk}", promised=promise.counted_grams
        )
    for open_pool in opened.values():
        open_pool.close(f"promise:{made[0].pk}+{len(made)}")
    return made


@transaction.atomic
def write_off(lot_id: int, grams: int, reason: str, actor=None) -> WriteOff:
    """Take spoiled grams out of a lot and its pool; the pool's households bear it.

    Raises ValueError when the lot has fewer grams left.
    """
    lot = Lot.objects.get(pk=lot_id)
    open_pool = lock_pools([lot.pool_id])[lot.pool_id]
    lot.refresh_from_db()
    if not 0 < grams <= lot.left:
        raise ValueError(_("This lot has %(left)s g left.") % {"left": lot.left})
    row = WriteOff.objects.create(
        lot=lot, grams=grams, reason=reason, actor=actor, created_at=open_pool.moment
    )
    lot.written_off_grams += grams
    lot.save(update_fields=["written_off_grams"])
    open_pool.move(Cause.SPOILED, f"write-off:{row.pk}", on_hand=-grams)
    open_pool.close(f"write-off:{row.pk}")
    return row
