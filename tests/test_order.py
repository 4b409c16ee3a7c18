"""The files of the add-on can be imported in any order; each says itself what comes before it."""

import ast
import importlib.util
import json
import random
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from dev import odoo, odoo_source
from dev.project import MODULE, ROOT

PACKAGES = ("models", "wizards")
ADD_ON = "odoo.addons.nox_finans"
# Each file of ours that models are made of or ask, by its full name.
FILES = {
    ".".join([ADD_ON, *file.relative_to(MODULE).with_suffix("").parts]): file
    for package in (*PACKAGES, "core", "criteria", "exchange")
    for file in (MODULE / package).glob("*.py")
    if file.name != "__init__.py"
}
ORDERS = {
    "reversed": lambda names: sorted(names, reverse=True),
    **{
        f"seed {seed}": lambda names, seed=seed: random.Random(seed).sample(names, len(names))
        for seed in range(3)
    },
}


@pytest.fixture(scope="module")
def describe(postgresql, new_database, tmp_path_factory):
    """Tell what the models are like when each package imports its files in an order."""
    database = new_database()

    def describe(get_order):
        folder = tmp_path_factory.mktemp("addons")
        unused = shutil.ignore_patterns("tests", "static", "__pycache__")
        shutil.copytree(MODULE, folder / MODULE.name, ignore=unused)
        for package in PACKAGES:
            file = folder / MODULE.name / package / "__init__.py"
            names = sorted(name.rpartition(".")[2] for name in find_imports(file))
            file.write_text("".join(f"from . import {name}\n" for name in get_order(names)))
        addons = [*odoo_source.addons_folders(odoo.odoo_root()), folder]
        configuration = odoo.write_configuration(
            postgresql, database, addons_path=",".join(map(str, addons)), logfile=folder / "log"
        )
        program = [odoo.PYTHON, ROOT / "tests" / "describe_models.py"]
        answer = subprocess.run(
            [*program, "-c", configuration, "-d", database], stdout=subprocess.PIPE, check=True
        )
        found = json.loads(answer.stdout)
        assert Path(found["file"]).is_relative_to(folder)
        return found["models"]

    return describe


@pytest.fixture(scope="module")
def models(describe):
    return describe(list)


def find_imports(file):
    """Return what a file of the add-on imports of it, as full names."""
    path = file.relative_to(next(it for it in file.parents if it.name == MODULE.name))
    package = ".".join([ADD_ON, *path.parent.parts])
    imported = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            name = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            imported |= {name} | {f"{name}.{alias.name}" for alias in node.names}
    return imported & FILES.keys()


def find_all_imports(name):
    """Return what comes before a file: what it imports, and what that does, and so on."""
    found, waiting = set(), [name]
    while waiting:
        new = find_imports(FILES[waiting.pop()]) - found
        found |= new
        waiting += new
    return found


def is_settled(before, after):
    """Tell whether one of two files imports the other, directly or not."""
    return before in find_all_imports(after) or after in find_all_imports(before)


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_of_imports_changes_a_model(models, describe, order):
    shuffled = describe(ORDERS[order])
    assert shuffled.keys() == models.keys()
    changes = {
        f"{model}, {name}": (said, shuffled[model][what].get(name))
        for model, description in models.items()
        for what in ("fields", "methods")
        for name, said in description[what].items()
        if said != shuffled[model][what].get(name)
    }
    assert not changes


def test_of_two_files_that_say_the_same_one_imports_the_other(models):
    unsettled = {
        (model, name)
        for model, description in models.items()
        for name, said_by in description["methods"].items()
        for before, after in combinations(
            {file for file, is_own in said_by if is_own and file in FILES}, 2
        )
        if not is_settled(before, after)
    }
    assert not unsettled


def test_nothing_imports_itself():
    assert not [name for name in FILES if name in find_all_imports(name)]


def test_the_criteria_know_no_models():
    ours = f"{ADD_ON}.criteria."
    for name in FILES:
        if name.startswith(ours):
            assert not [it for it in find_all_imports(name) if f"{ADD_ON}.models." in it], name
