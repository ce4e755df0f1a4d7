"""The five files in which villages hand over what they have: read, checked, loaded.

cooperatives.csv, households.csv, products.csv, deliveries.csv, promises.csv. All or nothing;
loading the same files again changes nothing.
"""

from .importing import Loaded, load_villages

__all__ = ["Loaded", "load_villages"]
