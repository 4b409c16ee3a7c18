"""Speaks to a worker process of Odoo, see `worker.py`."""

import json
import os
import subprocess
import sys

from dev.project import ROOT

WORKER = ROOT / "tests" / "worker.py"


class Worker:
    def __init__(self, process):
        self._process = process
        assert process.stdout.readline().strip() == "ready"

    def give(self, do, **values):
        """Give an order and do not wait; :meth:`take` takes its answer."""
        self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self._process.stdin.flush()

    def take(self):
        return json.loads(self._process.stdout.readline())

    def order(self, do, **values):
        """Return the answer to an order, or how its process ended."""
        self.give(do, **values)
        return self.take()

    def do(self, do, **values):
        answer = self.order(do, **values)
        assert "result" in answer, answer
        return answer["result"]


def start_worker(stack, configuration, database):
    """Start a worker that ends with `stack`."""
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(configuration), database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ,
    )
    stack.callback(process.wait)
    stack.callback(process.stdin.close)
    return Worker(process)
