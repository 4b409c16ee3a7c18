"""What a public host, Docker and pre-commit are told, as far as it can be checked without them."""

import os
import re
import tomllib

import pytest
import yaml

from dev import lint
from dev.project import ADD_ONS, ROOT


def read_yaml(name):
    return yaml.safe_load((ROOT / name).read_text())


def test_a_public_host_runs_what_everybody_runs():
    (job,) = read_yaml(".github/workflows/ci.yml")["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands == ["bash .ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_pre_commit_calls_what_make_lint_calls():
    (repo,) = read_yaml(".pre-commit-config.yaml")["repos"]
    called = [hook["entry"].removeprefix("python3 -m dev lint ") for hook in repo["hooks"]]
    assert sorted(called) == sorted(lint.CHECKS)


@pytest.fixture(scope="module")
def services():
    return read_yaml("compose.yaml")["services"]


def test_images_are_the_official_ones(services):
    images = {service["image"] for service in services.values() if "image" in service}
    assert sorted(image.split(":")[0] for image in images) == ["odoo", "postgres"]
    assert "odoo:19.0" in images


def test_what_docker_mounts_is_there(services):
    named = set(read_yaml("compose.yaml")["volumes"])
    for service in services.values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in named or (ROOT / source).is_dir(), volume


def test_services_that_others_need_are_there(services):
    for service in services.values():
        needed = {*service.get("depends_on", {})}
        needed |= {service.get("network_mode", "service:db").removeprefix("service:")}
        assert needed <= services.keys()


def test_what_the_sandboxs_image_copies_is_there_and_sent_along(services):
    file = ROOT / services["sandbox"]["build"]["dockerfile"]
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"]
    copied = re.findall(r"^COPY (\S+)", file.read_text(), re.MULTILINE)
    assert copied and set(copied) == set(sent)
    assert all((ROOT / name).exists() for name in copied)


def test_every_add_on_is_linted():
    folders = {path.parent for path in ROOT.glob("*/__manifest__.py")}
    assert folders == set(ADD_ONS)
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert mypy["strict"] and all((ROOT / name).exists() for name in mypy["files"])
