"""The service's rate limit, kept on our side."""

import threading
import time
from collections import defaultdict, deque

# Documented: 25 requests in a sliding window of 5 seconds, per client and company.
MAX_REQUESTS = 25
WINDOW = 5.0


class SlidingWindow:
    """Let through at most `max_requests` in any `window` seconds; `wait()` blocks until one may go.

    Times are noted when a request's answer is there, not when it leaves: on the service's clock it
    arrived in between, so that two clocks never disagree to our disadvantage.
    """

    def __init__(self, max_requests=MAX_REQUESTS, window=WINDOW):
        self._max_requests = max_requests
        self._window = window
        self._times = deque()
        self._lock = threading.Lock()

    def wait(self):
        """Block until a request may leave, and count it."""
        while pause := self._try_take():
            time.sleep(pause)

    def _try_take(self):
        with self._lock:
            now = time.monotonic()
            while self._times and self._times[0] <= now - self._window:
                self._times.popleft()
            if len(self._times) < self._max_requests:
                self._times.append(now)
                return 0
            return self._times[0] + self._window - now

    def done(self):
        """Note that the answer of the newest request is there."""
        with self._lock:
            if self._times:
                self._times[-1] = time.monotonic()


_windows = defaultdict(SlidingWindow)


def window_of(key):
    """Return the process-wide window of a client and company, `key` being any hashable."""
    return _windows[key]
