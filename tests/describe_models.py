"""Prints, as JSON, how the models of a database behave that the add-on has part in.

Started as a program of its own: what it tells depends on the order in which files were loaded.
"""

import inspect
import json
import re
import sys

from odoo.modules.registry import Registry
from odoo.orm.model_classes import is_model_definition
from odoo.tools import config

ADD_ON = "odoo.addons.nox_finans."
# Where a function is in the memory.
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
# Said anew by each class, and nothing that a model does depends on it.
FORMAL = {"_field_definitions", "_inherit", "_module", "_name", "_table_object_definitions"}


def describe(registry):
    """Return by model its fields, and which classes say each method, the first one first."""
    described = {}
    for name, model in registry.items():
        classes = [cls for cls in model.mro() if is_model_definition(cls)]
        if any(cls.__module__.startswith(ADD_ON) for cls in classes):
            described[name] = {
                "fields": {
                    field.name: describe_field(registry, field) for field in model._fields.values()
                },
                "methods": describe_methods(name, classes),
            }
    return described


def describe_field(registry, field):
    values = {
        name: getattr(value, "__qualname__", None) or ADDRESS.sub("", repr(value))
        for name, value in inspect.getmembers(field)
        if not name.startswith("_") and not inspect.ismethod(value)
    }
    triggers = registry.field_depends.get(field, ())
    contexts = registry.field_depends_context.get(field, ())
    return values | {"depends on": sorted(triggers), "in the context": sorted(contexts)}


def describe_methods(model, classes):
    """Return by name the files of all classes that say it; ours that extend the model are marked.

    Of methods, and of all else that a class says.
    """
    found = {}
    for cls in classes:
        for name in vars(cls).keys() - FORMAL:
            if not name.startswith("__"):
                found.setdefault(name, []).append([cls.__module__, cls._name == model])
    return {
        name: said_by
        for name, said_by in found.items()
        if any(file.startswith(ADD_ON) for file, _is_own in said_by)
    }


if __name__ == "__main__":
    config.parse_config(sys.argv[1:])
    database = config["db_name"]
    registry = Registry(database[0] if isinstance(database, list) else database)
    from odoo.addons import nox_finans

    json.dump({"file": nox_finans.__file__, "models": describe(registry)}, sys.stdout)
