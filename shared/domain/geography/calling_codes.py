"""Countries by the digits that their numbers begin with, the North American plan left out."""

import re

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber, region_code_for_number

NORTH_AMERICA = 1
NO_COUNTRY = "001"
MOST_DIGITS = 5


def calling_codes():
    """By leading digits: the country. The longest digits that fit tell."""
    found = {}
    for code, (main, *others) in COUNTRY_CODE_TO_REGION_CODE.items():
        if code == NORTH_AMERICA or main == NO_COUNTRY:
            continue
        found[str(code)] = main
        for other in others:
            found |= {f"{code}{digits}": other for digits in own_digits(code, other)}
    return dict(sorted(found.items()))


def own_digits(code, country):
    """What the numbers of a country begin with that shares its calling code with a greater one."""
    metadata = PhoneMetadata.metadata_for_region(country)
    if metadata.leading_digits:
        return sorted(beginnings(metadata.leading_digits))
    lines = [metadata.fixed_line, metadata.mobile]
    digits = set().union(*(beginnings(line.national_number_pattern) for line in lines if line))
    return sorted(merged({begin for begin in digits if belongs(code, begin, country, metadata)}))


def belongs(code, begin, country, metadata):
    """Whether some number that begins so is that country's, and none is another's."""
    found = False
    for length in metadata.general_desc.possible_length:
        for digit in "0123456789":
            national = int(begin + digit * (length - len(begin)))
            region = region_code_for_number(PhoneNumber(country_code=code, national_number=national))
            if region not in (None, country):
                return False
            found |= region == country
    return found


def merged(digits):
    """With ten siblings named by what they have in common."""
    for length in range(MOST_DIGITS, 1, -1):
        for begin in {begin[:-1] for begin in digits if len(begin) == length}:
            siblings = {f"{begin}{digit}" for digit in range(10)}
            if siblings <= digits:
                digits = digits - siblings | {begin}
    return digits


def beginnings(pattern):
    """The first digits, at most `MOST_DIGITS`, of all texts that a regular expression matches."""
    return expand(re._parser.parse(pattern), {""})


def expand(parts, begun):
    for kind, argument in parts:
        kind = str(kind)
        if kind == "LITERAL":
            begun = grown(begun, [chr(argument)])
        elif kind == "IN":
            begun = grown(begun, sorted(of_class(argument)))
        elif kind == "SUBPATTERN":
            begun = expand(argument[3], begun)
        elif kind == "BRANCH":
            begun = set().union(*(expand(branch, begun) for branch in argument[1]))
        elif kind == "MAX_REPEAT":
            least, most, repeated = argument
            every = [begun := expand(repeated, begun) for _ in range(least)][-1:] or [begun]
            for _ in range(least, min(most, MOST_DIGITS)):
                every.append(expand(repeated, every[-1]))
            begun = set().union(*every)
        else:
            raise ValueError(f"{kind} is not known in a pattern")
    return begun


def grown(begun, choices):
    full = {text for text in begun if len(text) == MOST_DIGITS}
    return full | {text + choice for text in begun - full for choice in choices}


def of_class(items):
    for kind, argument in items:
        if str(kind) == "LITERAL":
            yield chr(argument)
        elif str(kind) == "RANGE":
            yield from (chr(code) for code in range(argument[0], argument[1] + 1))
        else:
            yield from "0123456789"
