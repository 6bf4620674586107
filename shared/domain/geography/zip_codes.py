"""ZIP codes: state, county, city and zone, packed so that they are read in place.

- `zip_assigned.bin`: a bit for each of 100,000 ZIP codes, the lowest first.
- `zip_rows.bin`: for each that is assigned, in order: its city and its district, two bytes each.
- `zip_districts.bin`: state, zone (255: none), a zero and a zero, then the county's name.
- `zip_cities.bin`: names. A name is four bytes: its place in `zip_names.txt` (three) and its length. City 0 has none.
- `zip_names.txt`: all names, run together; one that is part of another is not repeated.

Numbers have their lowest byte first.
"""

import struct
from collections import defaultdict, namedtuple

import supplement
import zones

Place = namedtuple("Place", "state county city zone")

# Wake Island, which the package counts to Hawaii: a zone that nobody in Hawaii has.
LEFT_OUT = {"96898"}
NO_ZONE = 255


def places(us_txt):
    """By ZIP code, as GeoNames has them: https://download.geonames.org/export/zip/readme.txt"""
    found = {}
    for line in us_txt.read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        code, city, state, county, latitude, longitude = (columns[index] for index in (1, 2, 4, 5, 9, 10))
        if state and code not in LEFT_OUT:
            found.setdefault(code, Place(state, county, city, zones.at(latitude, longitude)))
    for first, last, state, zone, _ in supplement.rows("zip_ranges.txt"):
        for code in range(int(first), int(last) + 1):
            found.setdefault(f"{code:05}", Place(state, "", "", zone))
    return dict(sorted(found.items()))


def zones_of_city(places):
    """By city and state: the zones of its ZIP codes."""
    found = defaultdict(set)
    for place in places.values():
        found[place.city, place.state].add(place.zone)
    return dict(found)


def packed(places, states, all_zones):
    """The files, by name."""
    cities = sorted({place.city for place in places.values()} | {""})
    districts = sorted({(place.state, place.county, place.zone) for place in places.values()})
    names, placed = run_together({*cities, *(county for _, county, _ in districts)})
    city_at = {city: index for index, city in enumerate(cities)}
    district_at = {district: index for index, district in enumerate(districts)}
    assigned, rows = bytearray(12_500), bytearray()
    for code, place in places.items():
        assigned[int(code) // 8] |= 1 << int(code) % 8
        rows += struct.pack("<HH", city_at[place.city], district_at[place.state, place.county, place.zone])
    return {
        "zip_assigned.bin": bytes(assigned),
        "zip_rows.bin": bytes(rows),
        "zip_cities.bin": b"".join(placed[city] for city in cities),
        "zip_districts.bin": b"".join(
            struct.pack("<BBH", states.index(state), all_zones.index(zone) if zone else NO_ZONE, 0) + placed[county]
            for state, county, zone in districts
        ),
        "zip_names.txt": names,
    }


def run_together(names):
    """All names in one text, the longest first, and where each stands in it."""
    text, placed = b"", {}
    for name in sorted((name.encode() for name in names), key=lambda name: (-len(name), name)):
        at = text.find(name)
        if at < 0:
            at, text = len(text), text + name
        placed[name.decode()] = struct.pack("<I", at | len(name) << 24)
    return text, placed
