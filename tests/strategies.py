"""What hypothesis makes: texts as people and imports write them, and patience for busy machines."""

from api import texts
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Long, empty, other scripts, control characters.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
LONG_TEXTS = st.builds(lambda text, times: text * times, TEXTS, st.sampled_from([1, 1, 30, 100]))
NAMES = TEXTS.filter(texts.one_line)
# On a busy machine nothing is to be told from how long it takes.
BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
