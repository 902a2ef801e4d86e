from pathlib import Path

import pytest

import workers.strategies
from workers.strategies.registry import DESIGNS

FOLDER = Path(workers.strategies.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "registry"))


def test_every_module_of_a_design_is_registered_under_its_name_and_no_other():
    registered = {design.nodes.__module__.rpartition(".")[2]: name for name, design in DESIGNS.items()}
    assert sorted(registered) == MODULES
    assert {name: design.name for name, design in DESIGNS.items()} == {name: name for name in DESIGNS}


@pytest.mark.parametrize("module", MODULES)
def test_every_design_has_a_test_module_of_its_own(module):
    assert (Path(__file__).parent / f"test_{module}.py").is_file()


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_every_design_says_what_it_is_what_it_promises_and_what_it_costs(design):
    words = (design.title, design.summary, design.promises, design.costs, design.use_when, design.source)
    assert all(len(text) > 10 and text[0].isupper() for text in words)
