"""Area codes of the North American plan: where they are, or what kind of line they are for."""

from collections import defaultdict

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

import supplement
import zones

# What the package calls a state or a city without its state.
OTHER_NAMES = {"Washington State": "WA", "Washington D.C.": "DC", "British Colombia": "BC"}
LINE_TYPES = {
    PhoneNumberType.TOLL_FREE: "TollFree",
    PhoneNumberType.PREMIUM_RATE: "PremiumRate",
    PhoneNumberType.PERSONAL_NUMBER: "Personal",
    PhoneNumberType.VOIP: "Voip",
}
# Subscriber numbers: one of them is valid in every area code that is in use.
SAMPLES = ["2345678", "2001234", "5559123", "2662345", "4561234"]


def area_codes(states, zones_of_city):
    """By area code: `country`, `states`, `zones`, `line_type`, each as far as it has one."""
    codes = geographic(states, zones_of_city)
    inherit(codes)
    for code in range(200, 1000):
        if code not in codes and (special := line_type(code)):
            codes[code] = special
    return dict(sorted(codes.items()))


def geographic(states, zones_of_city):
    found_zones, found_states = defaultdict(set), defaultdict(set)
    for prefix, found in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            found_zones[int(prefix[1:4])] |= {zones.named(zone) for zone in found}
    by_name = {name: state for state, (_, name) in states.items()} | OTHER_NAMES
    whole = {prefix for prefix in GEOCODE_DATA if len(prefix) == 4}
    for prefix, names in GEOCODE_DATA.items():
        if not prefix.startswith("1") or len(prefix) < 4:
            continue
        code, name = int(prefix[1:4]), names["en"]
        if len(prefix) == 4 or prefix[:4] not in whole:
            found_states[code] |= states_of(name, by_name, states)
        city, _, state = name.rpartition(", ")
        found_zones[code] |= zones_of_city.get((city, state), set())
    return {
        code: {"country": country(code, found_states[code], states), "states": found_states[code], "zones": found}
        for code, found in found_zones.items()
    }


def states_of(name, by_name, states):
    """`Texas`, `Nova Scotia/Prince Edward Island` and `Chicago, IL` alike; none for a country."""
    last = name.rpartition(", ")[2]
    if last in states:
        return {last}
    return {by_name[part] for part in name.split("/") if part in by_name}


def country(code, found_states, states):
    countries = {states[state][0] for state in found_states} or {
        region for sample in SAMPLES if (region := phonenumbers.region_code_for_number(number(code, sample)))
    }
    (only,) = countries
    # A territory is a country and a state at once; Kentucky and the Cayman Islands only look alike.
    if only in states and states[only][0] == only:
        found_states.add(only)
    return only


def inherit(codes):
    """Overlays take all that their parent has."""
    for code, parent, _, _ in supplement.rows("overlays.txt"):
        code, parent = int(code), int(parent)
        known = codes.setdefault(code, {key: codes[parent][key] for key in ("country", "states", "zones")})
        assert known["states"] == codes[parent]["states"], f"{code} is not where {parent} is"
        known["zones"] = codes[parent]["zones"]


def line_type(code):
    """What an area code without a place is for; none for one that is not in use."""
    for sample in SAMPLES:
        found = number(code, sample)
        if kind := LINE_TYPES.get(phonenumbers.number_type(found)):
            region = phonenumbers.region_code_for_number(found)
            return {"line_type": kind, "country": region if region != "US" else None}
    return None


def number(code, subscriber):
    return phonenumbers.parse(f"+1{code}{subscriber}")
