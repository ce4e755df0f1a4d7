"""Whole numbers of a small unit that people enter in a larger one: yuan for fen, kg for grams."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db import models

from catalog.numbers import to_fen, to_yuan


class YuanFormField(forms.DecimalField):
    """Entered and shown in yuan, with two places; fen outside the form."""

    places = 2

    def __init__(self, **kwargs: Any) -> None:
        least = Decimal(1).scaleb(-self.places)
        super().__init__(**{"min_value": least, "decimal_places": self.places, **kwargs})

    def inward(self, value: int) -> Decimal:
        """What the form shows of a stored number."""
        return to_yuan(value)

    def outward(self, value: Decimal) -> int:
        """What is stored of an entered number, whose places have been checked."""
        return to_fen(value)

    def prepare_value(self, value: Any) -> Any:
        return self.inward(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        entered = super().clean(value)
        return None if entered is None else self.outward(entered)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class KgFormField(YuanFormField):
    """Entered and shown in kilograms, with three places; grams outside the form."""

    places = 3

    def inward(self, value: int) -> Decimal:
        return Decimal(value).scaleb(-3)

    def outward(self, value: Decimal) -> int:
        return int(value.scaleb(3))


class FenField(models.PositiveBigIntegerField):
    """Money in fen, entered in yuan: at most ten thousand million."""

    def formfield(self, **kwargs: Any) -> Any:
        most = Decimal("9999999999.99")
        return super(models.IntegerField, self).formfield(
            form_class=YuanFormField, max_value=most, **kwargs
        )


class GramsField(models.PositiveBigIntegerField):
    """A weight in grams, entered in kilograms: at most a million tonnes."""

    def formfield(self, **kwargs: Any) -> Any:
        most = Decimal("999999999.999")
        return super(models.IntegerField, self).formfield(
            form_class=KgFormField, max_value=most, **kwargs
        )
