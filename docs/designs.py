"""Write ``docs/designs.md`` from the registry of designs: ``.venv/bin/python docs/designs.py``."""

from __future__ import annotations

import sys
from pathlib import Path

FILE = Path(__file__).with_suffix(".md")
sys.path.insert(0, str(FILE.parent.parent))

from workers.cluster.catalogue import catalogue  # noqa: E402
from workers.model.design import Design  # noqa: E402
from workers.strategies.registry import DESIGNS  # noqa: E402

HEAD = """# Designs

Every coordination design that a scenario may name in `design:`. Each is one module in `workers/strategies/`; its
drawing is at the top of the module. This page is written by `docs/designs.py` from the registry: change a design there,
not here.
"""


def _section(design: Design) -> str:
    module = design.nodes.__module__.rpartition(".")[2]
    scenarios = ", ".join(f"`{scenario.name}`" for scenario in catalogue() if scenario.design == design.name) or "none"
    return f"""
## {design.title}

{design.summary}

- **It promises.** {design.promises}
- **It costs.** {design.costs}
- **Use it when.** {design.use_when}
- **Where it comes from.** {design.source}
- **Name** `{design.name}`, **module** `workers/strategies/{module}.py`, **shipped scenarios** {scenarios}.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_section(design) for design in DESIGNS.values())


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
