import inspect
import pkgutil

import workers.crdts
import workers.crdts.broken
from workers.crdts.operation import OperationBased
from workers.crdts.registry import TYPES
from workers.crdts.replicated import Replicated


def classes_of(package, base):
    found = set()
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if module.ispkg:
            continue
        loaded = __import__(module.name, fromlist=["_"])
        found |= {
            c
            for _, c in inspect.getmembers(loaded, inspect.isclass)
            if issubclass(c, base) and c.__module__ == module.name
        }
    return found


BASES = {"Replicated", "CausalState", "OperationBased", "CausalOperations"}


def test_every_type_is_registered():
    for base, attribute in ((Replicated, "state"), (OperationBased, "operations")):
        classes = {c.__name__ for c in classes_of(workers.crdts, base)} - BASES
        registered = {getattr(t, attribute).__name__ for t in TYPES.values() if getattr(t, attribute)}
        assert classes == registered


def test_no_broken_variant_is_registered():
    broken = classes_of(workers.crdts.broken, Replicated)
    assert broken
    assert not broken & {t.state for t in TYPES.values()}


def test_a_type_has_the_updates_and_deliveries_that_it_names():
    for kind in TYPES.values():
        assert isinstance(kind.start(), kind.state)
        assert kind.delivery.keys() == {"state", "delta"} | ({"operation"} if kind.operations else set())
        for name in kind.updates:
            assert callable(getattr(kind.state, name))
            assert kind.operations is None or callable(getattr(kind.operations, name))
