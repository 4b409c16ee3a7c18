"""The service's day, which is the demo company's too; around midnight the machine's is another."""

from datetime import datetime
from zoneinfo import ZoneInfo


def today():
    return datetime.now(ZoneInfo("Europe/Stockholm")).date()
