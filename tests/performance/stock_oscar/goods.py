"""`python -m tests.performance.stock_oscar.goods COUNT STOCK`: migrate, and put goods on sale.

Prints the products' ids as JSON. Run in a process of its own: these are other settings.
"""

import json
import sys


def main(count: int, stock: int) -> list[int]:
    """Make so many products, each with so many in stock; gives their ids."""
    import django

    django.setup()
    from django.core.management import call_command
    from oscar.core.loading import get_model

    call_command("migrate", verbosity=0)
    country = get_model("address", "Country")
    country.objects.get_or_create(
        iso_3166_1_a2="CN",
        defaults={"printable_name": "China", "name": "China", "is_shipping_country": True},
    )
    kinds, partners = get_model("catalogue", "ProductClass"), get_model("partner", "Partner")
    kind = kinds.objects.get_or_create(name="produce", defaults={"track_stock": True})[0]
    partner = partners.objects.get_or_create(code="stock", defaults={"name": "Stock"})[0]
    products = get_model("catalogue", "Product").objects
    ids = []
    first = products.count()
    for number in range(first, first + count):
        product = products.create(title=f"Produce {number}", upc=f"S-{number}", product_class=kind)
        get_model("partner", "StockRecord").objects.create(
            product=product,
            partner=partner,
            partner_sku=f"S-{number}",
            price_currency="CNY",
            price="24.80",
            num_in_stock=stock,
        )
        ids.append(product.pk)
    return ids


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
