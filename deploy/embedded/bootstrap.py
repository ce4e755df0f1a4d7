"""From a clean clone to a working `.venv`, on the system's Python with the standard library only.

Run by the Makefile as `python3 deploy/embedded/bootstrap.py COMMAND`. It must at least parse on any
Python 3, so that one that is too old is told so in a sentence.
"""

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
VAR = os.path.join(ROOT, "var")
PYTHON = os.path.join(VENV, "bin", "python")
REQUIREMENTS = os.path.join(ROOT, "requirements", "development.txt")
# Written last: a .venv without it was never finished.
STAMP = os.path.join(VENV, "shanhuo-installed")
OLDEST, NEWEST = (3, 11), (3, 13)
MODULES = {
    "run": "supervisor",
    "test": "suite",
    "check": "checks",
    "bench": "suite",
    "chaos": "suite",
    "prepare": "prepare",
    "lock": "lock",
}


class Refusal(Exception):
    """Something is missing; the message is one sentence for the person at the desk."""


def say(text):
    """Print a line of progress at once."""
    print(text, flush=True)


def check_python():
    """Refuse a Python that the packages are not made for."""
    here = sys.version_info[:2]
    if not OLDEST <= here <= NEWEST:
        raise Refusal(
            "Python 3.11, 3.12 or 3.13 is needed, and this is {}.{}: install one, or name it with "
            "PYTHON=/path/to/python3.12 before or after `make`.".format(*here)
        )


def check_folder():
    """Refuse a folder that cannot be written to."""
    try:
        os.makedirs(VAR, exist_ok=True)
        probe = os.path.join(VAR, f".probe-{os.getpid()}")
        with open(probe, "w"):
            pass
        os.remove(probe)
    except OSError:
        raise Refusal(
            f"{VAR} cannot be written to: use a clone in a folder that is yours."
        ) from None


def check_port():
    """Refuse a port that is taken, before minutes of installing; the supervisor looks again."""
    port = os.environ.get("PORT") or "8000"
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((os.environ.get("HOST") or "127.0.0.1", int(port)))
        except (OSError, ValueError, OverflowError):
            raise Refusal(
                f"Port {port} is taken or no port: choose another, such as PORT=8001 make run."
            ) from None


def wanted():
    """Return what the stamp says when .venv is as the requirements want it."""
    with open(REQUIREMENTS, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def installed():
    """Return what the stamp says, or "" for a .venv that is missing, half-made or broken."""
    try:
        with open(STAMP) as file:
            stamp = file.read().strip()
        told = subprocess.run(
            [PYTHON, "-c", "import sys; print(*sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    version = tuple(int(number) for number in told.stdout.split())
    return stamp if OLDEST <= version <= NEWEST else ""


def make_venv():
    """Make an empty .venv, removing what an interrupted start left."""
    try:
        import ensurepip  # noqa: F401  Debian ships Python without it
        import venv  # noqa: F401
    except ImportError:
        raise Refusal(
            "Python's venv module is missing: on Debian or Ubuntu, `apt-get install "
            "python{}.{}-venv` as root.".format(*sys.version_info[:2])
        ) from None
    if os.path.lexists(VENV):
        say("- .venv was not finished or no longer works: making it again")
        if os.path.islink(VENV):
            os.remove(VENV)
        else:
            shutil.rmtree(VENV)
    say("- making .venv with Python {}.{}.{}".format(*sys.version_info[:3]))
    done = subprocess.run(
        [sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        lines = done.stdout.decode(errors="replace").strip().splitlines() or ["no message"]
        raise Refusal(f"Python cannot make .venv: {lines[-1]}")


def install():
    """Install the pinned packages by their hashes, with progress."""
    with open(REQUIREMENTS) as file:
        total = sum(1 for line in file if "==" in line and not line[0].isspace())
    say(f"- installing {total} packages (one to two minutes the first time)")
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps"]
    command += ["--progress-bar", "off", "--no-input", "--disable-pip-version-check"]
    command += ["-r", REQUIREMENTS]
    pip = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log, seen, last = [], 0, time.monotonic()
    assert pip.stdout is not None
    for raw in pip.stdout:
        line = raw.decode(errors="replace").rstrip()
        log.append(line)
        if line.startswith("Collecting "):
            seen += 1
        if line.startswith("Installing collected"):
            say(f"  {seen} of {total} fetched, unpacking")
        elif time.monotonic() - last > 5:
            last = time.monotonic()
            say(f"  {seen} of {total}")
    if pip.wait():
        errors = [line for line in log if line.startswith("ERROR")] or log[-3:]
        raise Refusal(
            "The packages could not be installed (is the network up?): {}".format(
                " ".join(error.strip() for error in errors[:3])
            )
        )


def ensure_venv():
    """Make .venv what the requirements want; quick when it is."""
    with open(os.path.join(VAR, "bootstrap.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = installed()
        if stamp == wanted():
            return
        if not stamp:
            make_venv()
        else:
            os.remove(STAMP)
        install()
        with open(STAMP, "w") as file:
            file.write(wanted() + "\n")


def main(arguments):
    """Bring .venv up and go on in it."""
    command = arguments[0] if arguments else ""
    os.chdir(ROOT)
    try:
        check_python()
        if command == "clean":
            sys.path.insert(0, ROOT)
            from deploy.embedded import clean

            return clean.main()
        if command not in MODULES:
            raise Refusal("Say one of: " + ", ".join(sorted(MODULES)) + ", clean.")
        check_folder()
        if command == "run" and not installed():
            check_port()
        ensure_venv()
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        sys.stderr.write(f"{error.filename or ROOT}: {error.strerror}.\n")
        return 1
    module = "deploy.embedded." + MODULES[command]
    os.environ.pop("PYTHONHOME", None)
    # Chinese is printed on whatever terminal this is.
    os.environ.setdefault("PYTHONUTF8", "1")
    os.execv(PYTHON, [PYTHON, "-m", module] + arguments)


if __name__ == "__main__":
    # This folder must not hide packages of the same name.
    sys.path.pop(0)
    sys.exit(main(sys.argv[1:]))
