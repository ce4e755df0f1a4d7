"""One desk: the servers that a developer's machine does not have, and their supervisor.

Nothing here imports Django, and production images leave the whole package out. `bootstrap.py` runs
on the system's Python with the standard library only; the other modules run in `.venv`.
"""
