"""Real processes that are killed while people buy: `make chaos`, and briefly in `make test`.

`python -m tests.chaos --minutes 10 [--seed N]`. See docs/reliability.md.
"""
