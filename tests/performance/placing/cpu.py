"""CPU seconds of a server and all its processes, also of those that have ended."""

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its living descendants, and the children it waited for."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            spent = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system
        total += getattr(spent, "children_user", 0.0) + getattr(spent, "children_system", 0.0)
    return total
