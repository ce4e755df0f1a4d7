"""Where the embedded parts keep their data, and as whom they run.

PostgreSQL refuses to run as root, so root starts it as an unprivileged user. That user must be able
to reach its binaries and its data: a clone below a closed folder (such as /root, mode 700) gets a
place of its own outside, found again by the hash of the clone's path.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
# The kernel's limit is 104 to 108 bytes for directory and file name together.
LONGEST_SOCKET_DIRECTORY = 80


class PartError(Exception):
    """A part cannot be had; the message is one sentence for the person at the desk."""


def service_user() -> pwd.struct_passwd | None:
    """Return the unprivileged user that root runs PostgreSQL as, or None when not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "_postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PartError("PostgreSQL cannot run as root and there is no user “postgres” or “nobody”.")


def reachable(path: Path, user: pwd.struct_passwd | None) -> bool:
    """Say whether the user may pass through every folder down to `path` (which must exist)."""
    if user is None:
        return True
    groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
    path = path.resolve()
    for folder in (path, *path.parents):
        info = folder.stat()
        if info.st_uid == user.pw_uid:
            allowed = info.st_mode & stat.S_IXUSR
        elif info.st_gid in groups:
            allowed = info.st_mode & stat.S_IXGRP
        else:
            allowed = info.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def make_private(path: Path, user: pwd.struct_passwd | None) -> bool:
    """Make `path` a folder that only `user` (or we) may enter; False where that cannot be."""
    owner = os.geteuid() if user is None else user.pw_uid
    try:
        path.mkdir(parents=True, exist_ok=True)
        info = path.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid not in (owner, os.geteuid()):
            return False
        if user is not None and info.st_uid != owner:
            os.chown(path, user.pw_uid, user.pw_gid)
        path.chmod(0o700)
        info = path.stat()
    except OSError:
        return False
    return info.st_uid == owner and stat.S_IMODE(info.st_mode) == 0o700


def outside_of(directory: Path) -> list[Path]:
    """Return the places, best first, that stand in for `directory` when it cannot be used."""
    name = "shanhuo-" + hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12]
    bases = ["/var/lib", "/var/tmp"] if os.geteuid() == 0 else ["/var/tmp"]  # noqa: S108
    return [Path(base) / name for base in bases]


def home_for(directory: Path, user: pwd.struct_passwd | None) -> Path:
    """Return a private folder for the user: `directory`, or its stand-in, which is recorded there.

    Raises PartError where no place can be made.
    """
    open_folder(directory.parent)
    if reachable(directory.parent, user) and make_private(directory, user):
        return directory
    for outside in outside_of(directory):
        if outside.parent.is_dir() and make_private(outside, user) and reachable(outside, user):
            record = directory.parent / (directory.name + ".elsewhere")
            record.write_text(f"{outside}\n")
            return outside
    raise PartError(f"No folder for {directory.name} can be made in {directory.parent}.")


def open_folder(path: Path) -> None:
    """Make a folder of ours that other users may pass through, whatever the umask is."""
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(0o755)
        if not os.access(path, os.W_OK):
            raise PermissionError
    except OSError as error:
        raise PartError(f"{path} cannot be written to: use a folder that is yours.") from error


def socket_folder(home: Path, user: pwd.struct_passwd | None) -> Path:
    """Return a private folder whose path is short enough for a socket."""
    inside = home / "socket"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_DIRECTORY and make_private(inside, user):
        return inside
    record = home / "socket-folder"
    if record.exists():
        known = Path(record.read_text().strip())
        if known.parent == Path("/tmp") and make_private(known, user):  # noqa: S108
            return known
    folder = Path(tempfile.mkdtemp(prefix="shanhuo-", dir="/tmp"))  # noqa: S108
    make_private(folder, user)
    record.write_text(f"{folder}\n")
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    temporary = path.with_name(path.name + f".{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def kept_secret(path: Path, prefix: str = "") -> str:
    """Return the secret kept in a file of mode 600, made on the first call."""
    with locked(path.with_name(path.name + ".lock")):
        if not path.exists():
            write_private(path, prefix + secrets.token_hex(24))
        return path.read_text().strip()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel frees it if the process dies."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
