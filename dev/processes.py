"""Child processes that end with us, whatever happens."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from .project import Problem, say

PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHOW_EVERY = 10


def die_with_parent(number=signal.SIGTERM):
    """Ask the kernel (Linux) to end this child when its parent is gone, even when it is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def end_on_signals():
    """Whoever ends us, ends what we started: every such signal becomes a KeyboardInterrupt."""
    for number in ENDING:
        signal.signal(number, _interrupt)


def _interrupt(_number, _frame):
    # Once is enough: the second Ctrl-C of somebody in a hurry must not cut off the tidying up.
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def run_in_foreground(command, end_with, **options):
    """Run a command that has the terminal, and return its code.

    Signals are its business, also after it: what follows tidies up undisturbed.

    :param end_with: the signal upon which the command ends in good order
    """

    def pass_on(number, _frame):
        # A terminal tells everybody by itself.
        if number != signal.SIGINT or not sys.stdin.isatty():
            process.send_signal(end_with)

    process = subprocess.Popen(
        [str(part) for part in command], preexec_fn=lambda: die_with_parent(end_with), **options
    )
    for number in ENDING:
        signal.signal(number, pass_on)
    return process.wait()


@contextmanager
def child(command, log, stdin=os.devnull, **options):
    """Run `command` beside us, writing to the file `log`; end it at the end of the block."""
    with open(log, "ab") as output, open(stdin, "rb") as source:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=source,
            stdout=output,
            stderr=output,
            # Ctrl-C is ours to handle: a terminal would send it to the whole group.
            start_new_session=True,
            preexec_fn=die_with_parent,
            **options,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_logged(command, text, log, advice, stdin=os.devnull):
    """Run a long command; show that time passes, keep its output in `log`.

    :raises Problem: it failed
    """
    start = shown = time.monotonic()
    log.unlink(missing_ok=True)
    say(f"{text} …")
    with child(command, log, stdin) as process:
        while process.poll() is None:
            time.sleep(0.2)
            now = time.monotonic()
            if now - shown >= SHOW_EVERY:
                say(f"{text}: {now - start:.0f} s so far")
                shown = now
    if process.returncode:
        tail = log.read_text(errors="replace").splitlines()[-8:]
        print("\n".join(tail), file=sys.stderr)
        raise Problem(f"{text} failed; the whole log is in {log}. {advice}")
    say(f"{text}: done in {time.monotonic() - start:.0f} s")


def wait_until_answers(url, process, log, seconds=120):
    """:raises Problem: the process ended, or does not answer in time"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Problem(f"The server for {url} ended at its start; see {log}.")
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise Problem(f"{url} does not answer; see {log}.")


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
        return True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def choose_port(variable, asked, default):
    """Return the port that was asked for, or the first free one from `default` on.

    :raises Problem: the one that was asked for is taken
    """
    if asked:
        if not asked.isdecimal() or not int(asked) or not is_free(int(asked)):
            raise Problem(f"{variable}={asked} cannot be used: name a free port.")
        return int(asked)
    for port in range(default, default + 100):
        if is_free(port):
            return port
    raise Problem(f"No port from {default} on is free. Name one: {variable}=…")
