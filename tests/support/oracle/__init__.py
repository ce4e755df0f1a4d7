"""What everybody must have, worked out a second time: plain Python and SQL, none of our services.

Written from DESIGN §3, §5 and §6. It starts from the villages' CSV files, from what was recorded
as fact (who ordered what, what was packed from which lot, what was refunded, what arrived when)
and from the lists of the payment service; it reads no posting, no sharing-out and no figure that
our code derived. Amounts are fen, weights grams, times UTC.
"""

from .books import Must, books
from .inputs import Stripe, Villages, connect
from .routing import expected_parts, rooms
from .stock import stock

__all__ = ["Must", "Stripe", "Villages", "books", "connect", "expected_parts", "rooms", "stock"]
