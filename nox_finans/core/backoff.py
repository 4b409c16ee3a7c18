"""How long is waited after what did not work: doubled each time, up to a longest pause."""

import random
from datetime import timedelta

# Seconds until the next try or question.
FIRST_PAUSE, LONGEST_PAUSE = 60, 3600
# A case that breaks this often in a row is left to a person: some nine hours after the first time.
MAX_TRIES = 15
# Pauses differ by this share, so that what broke together does not come back together.
JITTER = 0.2
# Further doublings would leave what computers count with.
MOST_DOUBLINGS = 30


def get_pause(
    tries: int, first: int = FIRST_PAUSE, longest: int = LONGEST_PAUSE, jitter: float = 0.0
) -> timedelta:
    """Return the pause after so many tries that came before this one.

    :param tries: 0 after the first one
    :param first: seconds of the first pause
    :param longest: seconds of the longest pause
    :param jitter: by which share, up or down, the pause is changed by chance
    """
    seconds = min(first * 2 ** min(max(tries, 0), MOST_DOUBLINGS), longest)
    return timedelta(seconds=seconds * random.uniform(1 - jitter, 1 + jitter))
