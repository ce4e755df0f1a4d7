"""`python -m tests.performance.stock_oscar.catalogue`: put goods on sale and into its index.

Reads JSON lines from its input, [title, description, category, price, stock] each; prints the
addresses of products and categories as JSON. In a process of its own: these are other settings.
"""

import json
import sys
from typing import Any


def main(rows: list[list[Any]]) -> dict[str, list[str]]:
    """Make a product of each row in bulk, then Oscar's index of all."""
    import django

    django.setup()
    from django.core.management import call_command
    from oscar.core.loading import get_model

    call_command("migrate", verbosity=0)
    product, category = get_model("catalogue", "Product"), get_model("catalogue", "Category")
    of_category = get_model("catalogue", "ProductCategory")
    record = get_model("partner", "StockRecord")
    kind = get_model("catalogue", "ProductClass").objects.create(name="produce", track_stock=True)
    partner = get_model("partner", "Partner").objects.create(code="stock", name="Stock")
    categories = {name: category.add_root(name=name) for name in dict.fromkeys(r[2] for r in rows)}
    made = product.objects.bulk_create(
        product(
            title=title, slug=f"p{number}", upc=f"S-{number}", description=description,
            product_class=kind, structure="standalone",
        )
        for number, (title, description, *_) in enumerate(rows)
    )  # fmt: skip
    of_category.objects.bulk_create(
        of_category(product=one, category=categories[row[2]])
        for one, row in zip(made, rows, strict=True)
    )
    record.objects.bulk_create(
        record(
            product=one, partner=partner, partner_sku=one.upc, price_currency="CNY",
            price=row[3], num_in_stock=row[4],
        )
        for one, row in zip(made, rows, strict=True)
    )  # fmt: skip
    # One commit: a segment merged with every thousand takes an hour.
    call_command("rebuild_index", interactive=False, verbosity=0, batch_size=len(rows))
    return {
        "products": [one.get_absolute_url() for one in made],
        "ids": [str(one.pk) for one in made],
        "categories": [one.get_absolute_url() for one in categories.values()],
    }


if __name__ == "__main__":
    print(json.dumps(main([json.loads(line) for line in sys.stdin])))
