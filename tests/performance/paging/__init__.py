"""What bench_pages.py measures with: three sites, one light load."""
