"""Tables as Rust."""

HEADER = "//! Made by `shared/domain/geography/generate`; what is written here by hand is lost.\n\n"


def states(states, zones_of_state):
    rows = (
        f"    state({text(code)}, {text(country)}, {text(name)}, {texts(zones_of_state.get(code, ()))}),\n"
        for code, (country, name) in states.items()
    )
    return table("use super::super::state::{State, state};", "/// In the order of their codes.", "STATES", "State", rows)


def area_codes(codes):
    return table(
        "use super::super::{area_code::{AreaCode, at, special}, line_type::LineType};",
        "/// In the order of their digits.",
        "AREA_CODES",
        "AreaCode",
        map(area_code, codes.items()),
    )


def area_code(entry):
    code, known = entry
    if "line_type" in known:
        country = f"Some({text(known['country'])})" if known["country"] else "None"
        return f"    special({code}, {country}, LineType::{known['line_type']}),\n"
    return f"    at({code}, {text(known['country'])}, {texts(known['states'])}, {texts(known['zones'])}),\n"


def calling_codes(codes):
    rows = (f"    ({text(digits)}, {text(country)}),\n" for digits, country in codes.items())
    return table("", "/// In the order of their digits, as texts.", "CALLING_CODES", "(&str, &str)", rows)


def zones(zones, names):
    of_zip_codes = (f"    {text(zone)},\n" for zone in zones)
    agreeing = (f"    ({text(finer)}, {text(greatest)}),\n" for finer, greatest in sorted(names.items()))
    return table("", "/// Those that ZIP codes have.", "ZONES", "&str", of_zip_codes) + table(
        "", "/// Zones that stand in no table, and under which name they do.", "OTHER_NAMES", "(&str, &str)", agreeing, "\n"
    )


def table(uses, comment, name, kind, rows, header=HEADER):
    rows = list(rows)
    uses = f"{uses}\n\n" if uses else ""
    head = f"{header}{uses}{comment}\npub(in super::super) static {name}: [{kind}; {len(rows)}] = [\n"
    return (head + "".join(rows) + "];\n").encode()


def text(value):
    return f'"{value}"'


def texts(values):
    return f"&[{', '.join(map(text, sorted(values)))}]"
