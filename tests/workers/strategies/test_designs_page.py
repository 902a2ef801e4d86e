import importlib.util
from pathlib import Path

from workers.strategies.registry import DESIGNS

SCRIPT = Path(__file__).parents[3] / "docs" / "designs.py"


def script():
    spec = importlib.util.spec_from_file_location("designs_page", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_designs_is_what_the_registry_says():
    made = script()
    assert made.FILE.read_text(encoding="utf-8") == made.page(), "run docs/designs.py"


def test_every_design_is_on_the_page_with_its_name():
    page = script().page()
    assert all(f"**Name** `{name}`" in page and f"## {design.title}\n" in page for name, design in DESIGNS.items())
