"""Time zones, with those of one country whose clocks agree today named once, after the greatest city.

Both packages name finer zones, one here and the other there: a filter would have to list them all.
"""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import tzfpy

GREATEST = {
    "America/New_York": [
        "America/Detroit",
        "America/Indiana/Indianapolis",
        "America/Indiana/Marengo",
        "America/Indiana/Petersburg",
        "America/Indiana/Vevay",
        "America/Indiana/Vincennes",
        "America/Indiana/Winamac",
        "America/Kentucky/Louisville",
        "America/Kentucky/Monticello",
    ],
    "America/Chicago": [
        "America/Indiana/Knox",
        "America/Indiana/Tell_City",
        "America/Menominee",
        "America/North_Dakota/Beulah",
        "America/North_Dakota/Center",
        "America/North_Dakota/New_Salem",
    ],
    "America/Denver": ["America/Boise"],
    "America/Anchorage": [
        "America/Juneau",
        "America/Metlakatla",
        "America/Nome",
        "America/Sitka",
        "America/Yakutat",
    ],
}
NAMES = {finer: greatest for greatest, all_finer in GREATEST.items() for finer in all_finer}


def named(zone):
    """The name under which a zone stands in the tables."""
    return NAMES.get(zone, zone)


def at(latitude, longitude):
    """The zone of a place."""
    return named(tzfpy.get_tz(float(longitude), float(latitude)))


def prove():
    """Fails unless the clocks of all that share a name agree for five years."""
    instants = [datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(hours=6 * step) for step in range(4 * 365 * 5)]
    clocks = {zone: [instant.astimezone(ZoneInfo(zone)).utcoffset() for instant in instants] for zone in GREATEST}
    for finer, greatest in NAMES.items():
        offsets = [instant.astimezone(ZoneInfo(finer)).utcoffset() for instant in instants]
        assert offsets == clocks[greatest], f"the clocks of {finer} and {greatest} differ"
