"""The rules of the house that can be read off the code: docs/architecture.md says why."""

import ast
import re
import sys

import pytest

from dev.project import ADD_ONS, ROOT

MODULE = ROOT / "nox_finans"
MAX_LINES, MAX_METHOD_LINES = 500, 40
# By layer: what of the add-on, and what else, it may import beside Python's own library.
LAYERS = {
    "core": ({"core"}, set()),
    "api": ({"api"}, {"requests", "stdnum"}),
    "criteria": ({"criteria", "core", "api"}, {"odoo", "dateutil", "pytz"}),
    "exchange": ({"exchange", "criteria", "core", "api", "models"}, {"odoo", "psycopg2"}),
}
# Who may do what is asked of the models' own gate; nothing else of them is known below.
FROM_MODELS = {"nox_finans_gate"}


def files(*parts):
    return sorted(path for path in MODULE.joinpath(*parts).rglob("*.py"))


def add_on_files():
    for add_on in ADD_ONS:
        yield from (path for path in sorted(add_on.rglob("*.py")) if "tests" not in path.parts)


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", add_on_files(), ids=name_of)
def test_files_and_methods_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    for method in functions(parse(path)):
        assert method.end_lineno - method.lineno < MAX_METHOD_LINES, method.name


def imported(path):
    """Yield what a file imports: the layer of the add-on and the module, or another package."""
    package = path.relative_to(MODULE).parts[:-1]
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from ((None, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield None, node.module.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1]
            whole = (*above, *(node.module or "").split("."), *(a.name for a in node.names))
            layer, *modules = [part for part in whole if part]
            yield layer, modules[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_calls_go_down(layer):
    own, others = LAYERS[layer]
    for path in files(layer):
        for of_layer, module in imported(path):
            if of_layer is None:
                assert module in others | sys.stdlib_module_names, (path, module)
            else:
                assert of_layer in own, (path, of_layer)
            if of_layer == "models":
                assert module in FROM_MODELS, (path, module)


def is_state_written(node):
    """Tell whether a node writes the state of a case: by assignment, or in a dict of `write`."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(each, ast.Attribute) and each.attr == "state" for each in targets)
    if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in ("write", "update"):
        return False
    keys = [key for each in ast.walk(node) if isinstance(each, ast.Dict) for key in each.keys]
    return any(isinstance(key, ast.Constant) and key.value == "state" for key in keys)


def test_a_state_is_written_in_one_place():
    written = {
        path.name
        for path in (*files("exchange"), *MODULE.glob("models/nox_finans_case*.py"))
        for node in ast.walk(parse(path))
        if is_state_written(node)
    }
    assert written == {"nox_finans_case_state.py"}


def test_the_services_keys_stand_at_the_wire():
    """Models know no key of what the service answers, and an invoice's are read in one file."""
    keys = re.compile(r"answers\.\w+\(.*\.get\(\"[A-Z]")
    readers = {
        path.name
        for path in (*files("exchange"), *files("models"), *files("wizards"))
        if keys.search(path.read_text(encoding="utf-8"))
    }
    # Cards and the registers of the set-up have one reader each.
    assert readers == {"status.py", "remote_card.py", "set_up_check.py"}


def models_of(tree):
    """Yield the classes of a file that declare or extend models, with the models' names."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        values = {
            each.targets[0].id: ast.literal_eval(each.value)
            for each in node.body
            if isinstance(each, ast.Assign) and each.targets[0].id in ("_name", "_inherit")
        }
        inherited = values.get("_inherit", [])
        inherited = [inherited] if isinstance(inherited, str) else inherited
        name = values.get("_name") or next(iter(inherited), None)
        if name:
            yield node, name, "_name" in values


def test_public_methods_are_annotated():
    for path in (*files("models"), *files("wizards")):
        for model, _name, _is_base in models_of(parse(path)):
            for method in functions(model):
                if method.name.startswith("_") or method not in model.body:
                    continue
                arguments = [*method.args.args[1:], *method.args.kwonlyargs]
                assert method.returns is not None, (path.name, method.name)
                for argument in arguments:
                    assert argument.annotation is not None, (path.name, method.name)


def is_own_call(node):
    """Tell whether a node calls a private method of the model's records."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith("_")
    )


def test_a_base_calls_nothing_that_only_an_extension_has():
    bases, extensions = {}, {}
    for path in files("models"):
        for model, name, is_base in models_of(parse(path)):
            where = bases if is_base else extensions
            where.setdefault(name, []).append(model)
    for name, models in bases.items():
        own = {each.name for model in models for each in functions(model)}
        others = {each.name for model in extensions.get(name, []) for each in functions(model)}
        for node in (node for model in models for node in ast.walk(model)):
            if is_own_call(node):
                assert node.func.attr not in others - own, (name, node.func.attr)
