"""What a buyer may send about a basket."""

from django import forms

from catalog.models import Product
from storefront.shop.services import MOST_PACKS


class AddForm(forms.Form):
    """A pack and how many of it. The source is where the buyer stood, set by our own pages."""

    pack = forms.ModelChoiceField(Product.objects.filter(is_public=True, produce__isnull=False))
    quantity = forms.IntegerField(min_value=1, max_value=MOST_PACKS)


class QuantityForm(forms.Form):
    """The new quantity of a line; 0 takes it out."""

    quantity = forms.IntegerField(min_value=0, max_value=MOST_PACKS)
