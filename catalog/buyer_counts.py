"""How much of something limited one buyer has had, counted under each of the buyer's keys.

A buyer is an account, a phone, an e-mail address; each of them counts alone. The table has its
owner's column, `key`, `most` and a counter, is unique on (owner, key) and holds by a CHECK that
the counter is at most `most`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

# Where a limit was lifted since: the largest integer of the column.
NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class BuyerCounts:
    """A table of counts: its name, the owner's column and the counter."""

    table: str
    owner: str
    counter: str

    def take(self, owner_id: int, keys: Sequence[str], by: int, most: int) -> bool:
        """Count `by` more under each key; False when one would have more than `most`.

        One conditional statement for each key, in their order: of two at once the second waits
        and is refused. The caller rolls back on False.
        """
        if by > most:
            return False
        sql = f"""
            INSERT INTO {self.table} AS known ({self.owner}, key, {self.counter}, most)
            VALUES (%s, %s, %s, %s)
                ON CONFLICT ({self.owner}, key) DO UPDATE
               SET {self.counter} = known.{self.counter} + EXCLUDED.{self.counter},
                   most = EXCLUDED.most
             WHERE known.{self.counter} + EXCLUDED.{self.counter} <= EXCLUDED.most
        """  # noqa: S608  names of our own tables
        with connection.cursor() as cursor:
            for key in sorted(keys):
                cursor.execute(sql, [owner_id, key, by, most])
                if not cursor.rowcount:
                    return False
        return True

    def give_back(self, owner_id: int, keys: Sequence[str], by: int) -> None:
        """Count `by` less under each key."""
        sql = f"""
            UPDATE {self.table} SET {self.counter} = {self.counter} - %s
             WHERE {self.owner} = %s AND key = %s
        """  # noqa: S608  names of our own tables
        with connection.cursor() as cursor:
            for key in sorted(keys):
                cursor.execute(sql, [by, owner_id, key])
