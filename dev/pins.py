"""Compiles what is chosen (`requirements*.in`) into pins with hashes (`requirements*.txt`)."""

import os
import shutil

from .project import ROOT, Problem, run, say

FOLDER = ROOT / "dev"
# The oldest Python in use; its pins suit the others, which a test sees to.
PYTHON = "3.11"
# In this order: the others keep to the versions of the first.
FILES = {
    "requirements": (),
    "requirements-addons": ("--no-deps",),
    "requirements-lint": (),
    "requirements-mutants": (),
    "requirements-sandbox": (),
}


def compile_pins(*options):
    """Compile all files. What is pinned stays so, unless `options` say otherwise.

    :param options: more for `uv pip compile`: `--upgrade`, or `--upgrade-package NAME`
    :raises Problem: uv is missing, or finds no versions that go together
    """
    advice = "Install uv (`pip install uv`), or look at what it says."
    if not shutil.which("uv"):
        raise Problem(f"The program uv is missing. {advice}")
    for name, own in FILES.items():
        # No address of a package index is written down: everybody has their own.
        run(
            [
                "uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate",
                "--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command=make pins",
                f"--python-version={PYTHON}", "--python-platform=linux",
                *own, *options, f"{name}.in", f"--output-file={name}.txt",
            ],
            advice,
            cwd=FOLDER,
            env={**os.environ, "UV_NO_CONFIG": "1"},
        )  # fmt: skip
    say("Compiled. `make test` installs what has changed.")
