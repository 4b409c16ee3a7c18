"""The service's rate limit, kept on our side."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable

# Documented: 25 requests in a sliding window of 5 seconds, per client and company.
MAX_REQUESTS = 25
WINDOW = 5.0
# Kept back for what a person does in another process meanwhile: signing in, testing.
RESERVED = 1


class SlidingWindow:
    """Let through at most `max_requests` in any `window` seconds; `wait()` blocks until one may go.

    Times are noted when a request's answer is there, not when it leaves: on the service's clock it
    arrived in between, so that two clocks never disagree to our disadvantage.
    """

    def __init__(self, max_requests: int = MAX_REQUESTS, window: float = WINDOW):
        self._max_requests = max_requests
        self._window = window
        self._times: deque[float] = deque()
        self._held_until = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Block until a request may leave, and count it."""
        while pause := self._try_take():
            time.sleep(pause)

    def pause(self) -> float:
        """Return the seconds until a request may leave: 0 when one may leave now."""
        with self._lock:
            return self._get_pause(time.monotonic())

    def hold(self, seconds: float) -> None:
        """Let nothing leave for the next `seconds`: the service has asked us to slow down."""
        with self._lock:
            self._held_until = max(self._held_until, time.monotonic() + seconds)

    def prime(self, ages: Iterable[float]) -> None:
        """Count requests that other processes have made: `ages` are the seconds since each."""
        with self._lock:
            now = time.monotonic()
            # Ours of long ago must not stand for theirs of now.
            self._forget(now)
            known = sorted(now - age for age in ages if age < self._window)
            if len(known) > len(self._times):
                self._times = deque(known[-self._max_requests :])

    def done(self) -> None:
        """Note that the answer of the newest request is there."""
        with self._lock:
            if self._times:
                self._times[-1] = time.monotonic()

    def _try_take(self) -> float:
        with self._lock:
            now = time.monotonic()
            pause = self._get_pause(now)
            if not pause:
                self._times.append(now)
            return pause

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()

    def _get_pause(self, now: float) -> float:
        self._forget(now)
        pause = max(self._held_until - now, 0)
        if len(self._times) >= self._max_requests:
            pause = max(pause, self._times[0] + self._window - now)
        return pause


_windows: dict[Hashable, SlidingWindow] = defaultdict(
    lambda: SlidingWindow(MAX_REQUESTS - RESERVED)
)
_guest_windows: dict[Hashable, SlidingWindow] = defaultdict(lambda: SlidingWindow(RESERVED))


def window_of(key: Hashable) -> SlidingWindow:
    """Return the process-wide window of a client and company, `key` being any hashable."""
    return _windows[key]


def guest_window_of(key: Hashable) -> SlidingWindow:
    """Return the window of the few requests that may go beside those of `window_of`."""
    return _guest_windows[key]
