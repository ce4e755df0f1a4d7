"""Stock django-oscar, unforked, on our PostgreSQL: what `make bench` measures our shop beside.

Nothing here is ours but the settings and the goods: basket, checkout, order and stock are Oscar's.
"""
