"""The icons: a part of Lucide 1.62.0 (ISC and MIT, see icons.LICENSE), drawn into the page."""

import json
from pathlib import Path

# {name: what stands inside its <svg>}, on a field of 24 × 24.
ICONS: dict[str, str] = json.loads((Path(__file__).parent / "icons.json").read_text())
