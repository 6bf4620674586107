"""Makes the tables, or checks those that are there. `./generate` calls it with all that it needs."""

import hashlib
import json
import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import area_codes
import calling_codes
import rust
import supplement
import zip_codes
import zones

HERE = Path(__file__).parent
TABLES = HERE.parent / "src/geography/tables"
MANIFEST = HERE / "manifest.json"
PACKAGES = ["phonenumbers", "tzfpy", "tzdata"]


def tables(us_txt):
    """The files, by name."""
    states = supplement.states()
    places = zip_codes.places(us_txt)
    codes = area_codes.area_codes(states, zip_codes.zones_of_city(places))
    all_zones = sorted({place.zone for place in places.values()} - {""})
    return {
        "area_codes.rs": rust.area_codes(codes),
        "calling_codes.rs": rust.calling_codes(calling_codes.calling_codes()),
        "states.rs": rust.states(states, zones_of_state(places, codes)),
        "zones.rs": rust.zones(all_zones, zones.NAMES),
        **zip_codes.packed(places, sorted(states), all_zones),
    }


def zones_of_state(places, codes):
    """All zones that somebody in a state may have: its ZIP codes', and those of area codes that are nowhere else."""
    found = defaultdict(set)
    for place in places.values():
        found[place.state] |= {place.zone} - {""}
    for code in codes.values():
        if len(states := code.get("states", ())) == 1:
            found[next(iter(states))] |= code["zones"]
    for code in codes.values():
        for state in code.get("states", ()):
            # A territory that shares all its area codes: it may have any of their zones.
            found[state] = found[state] or set(code["zones"])
    return found


def manifest(zip_package, made):
    """What the tables were made of, and what they are, by digest."""
    name, _, zip_version = zip_package.partition("@")
    inputs = sorted(path for path in HERE.iterdir() if path.is_file() and path != MANIFEST)
    document = {
        "packages": {package: version(package) for package in PACKAGES} | {name: zip_version},
        "inputs": {path.name: digest(path.read_bytes()) for path in inputs},
        "tables": {name: digest(content) for name, content in sorted(made.items())},
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def digest(content):
    return hashlib.sha256(content).hexdigest()


def main(us_txt, zip_package, *options):
    zones.prove()
    made = tables(Path(us_txt))
    files = {TABLES / name: content for name, content in made.items()} | {MANIFEST: manifest(zip_package, made)}
    if options == ("--check",):
        differing = [path.name for path, content in files.items() if path.read_bytes() != content]
        sys.exit(f"made anew, these differ: {', '.join(differing)}" if differing else 0)
    for path, content in files.items():
        path.write_bytes(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
