//! The tables by example, and whole.

use std::{collections::BTreeSet, str::FromStr};

use jiff::Timestamp;

use super::{
    NumberPlace, State, ZipPlace, five_digits,
    tables::{
        ZIP_ASSIGNED, ZIP_CITIES, ZIP_DISTRICTS, ZIP_NAMES, ZIP_ROWS,
        area_codes::AREA_CODES,
        calling_codes::CALLING_CODES,
        states::STATES,
        zones::{OTHER_NAMES, ZONES},
    },
    zone_name,
};
use crate::geography::LineType;

fn number(digits: &str) -> NumberPlace {
    NumberPlace::of(&digits.parse().expect("a number"))
}

fn area_code(code: u32) -> NumberPlace {
    number(&format!("+1{code}5550123"))
}

#[test]
fn an_area_code_tells_its_states_and_all_its_zones() {
    for (code, country, states, zones) in [
        (214, "US", &["TX"][..], &["America/Chicago"][..]),
        (208, "US", &["ID"], &["America/Denver", "America/Los_Angeles"]),
        (850, "US", &["FL"], &["America/Chicago", "America/New_York"]),
        (313, "US", &["MI"], &["America/New_York"]),
        (203, "US", &["CT"], &["America/New_York"]),
        (416, "CA", &["ON"], &["America/Toronto"]),
        (902, "CA", &["NS", "PE"], &["America/Halifax"]),
        (787, "PR", &["PR"], &["America/Puerto_Rico"]),
        (345, "KY", &[], &["America/Cayman"]),
        (606, "US", &["KY"], &["America/Chicago", "America/New_York"]),
        (876, "JM", &[], &["America/Jamaica"]),
    ] {
        let place = area_code(code);
        assert_eq!((place.country, place.states, place.zones), (Some(country), states, zones), "{code}");
        assert_eq!(place.line_type, None, "{code}");
    }
}

#[test]
fn an_overlay_is_where_its_parent_is() {
    for (overlay, parent) in [
        (357, 559),
        (436, 440),
        (457, 318),
        (465, 718),
        (471, 662),
        (621, 713),
        (624, 716),
        (679, 313),
        (729, 423),
        (837, 530),
        (861, 309),
        (924, 507),
        (448, 850),
        (458, 541),
        (689, 407),
        (474, 306),
        (930, 812),
        (364, 270),
    ] {
        assert_eq!(area_code(overlay), area_code(parent), "{overlay}");
        assert!(!area_code(overlay).states.is_empty(), "{overlay}");
    }
}

#[test]
fn every_area_code_of_the_united_states_and_canada_has_a_state_and_a_zone() {
    let places = (200..1_000).map(area_code).filter(|place| matches!(place.country, Some("US" | "CA")));
    let (geographic, special): (Vec<_>, Vec<_>) = places.partition(|place| place.line_type.is_none());
    assert_eq!(geographic.len(), 427);
    assert!(geographic.iter().all(|place| !place.states.is_empty() && !place.zones.is_empty()));
    assert_eq!(special.len(), 3, "600, 622 and 633");
    let states: BTreeSet<_> = geographic.iter().flat_map(|place| place.states).collect();
    assert_eq!(states.len(), 51 + 13, "the states with the District of Columbia, and the provinces");
}

#[test]
fn a_number_of_no_place_has_none() {
    for (code, line_type) in [
        (800, Some(LineType::TollFree)),
        (833, Some(LineType::TollFree)),
        (888, Some(LineType::TollFree)),
        (900, Some(LineType::PremiumRate)),
        (500, Some(LineType::Personal)),
        (533, Some(LineType::Personal)),
        (700, None),
        (710, None),
        (211, None),
        (999, None),
        (111, None),
    ] {
        assert_eq!(area_code(code), NumberPlace { line_type, ..NumberPlace::default() }, "{code}");
    }
}

#[test]
fn a_calling_code_tells_the_country() {
    for (digits, country) in [
        ("+442071838750", Some("GB")),
        ("+441481960194", Some("GG")),
        ("+447797123456", Some("JE")),
        ("+447624123456", Some("IM")),
        ("+79161234567", Some("RU")),
        ("+77011234567", Some("KZ")),
        ("+390669812345", Some("VA")),
        ("+390612345678", Some("IT")),
        ("+525512345678", Some("MX")),
        ("+4799999999", Some("NO")),
        ("+4479999999999", Some("GB")),
        ("+80012345678", None),
        ("+9991234567", None),
        // The North American plan's, with too few digits.
        ("+1214555", None),
    ] {
        assert_eq!(number(digits), NumberPlace { country, ..NumberPlace::default() }, "{digits}");
    }
}

#[test]
fn a_zip_code_tells_state_county_city_and_zone() {
    for (zip, state, county, city, zones) in [
        ("75201", "TX", Some("Dallas"), Some("Dallas"), &["America/Chicago"][..]),
        ("79901", "TX", Some("El Paso"), Some("El Paso"), &["America/Denver"]),
        ("48201", "MI", Some("Wayne"), Some("Detroit"), &["America/New_York"]),
        ("90210", "CA", Some("Los Angeles"), Some("Beverly Hills"), &["America/Los_Angeles"]),
        ("88001", "NM", Some("Doña Ana"), Some("Las Cruces"), &["America/Denver"]),
        ("00501", "NY", Some("Suffolk"), Some("Holtsville"), &["America/New_York"]),
        ("99950", "AK", Some("Ketchikan Gateway"), Some("Ketchikan"), &["America/Anchorage"]),
        ("96860", "HI", Some("Honolulu"), Some("Jbphh"), &["Pacific/Honolulu"]),
        ("00926", "PR", None, None, &["America/Puerto_Rico"]),
        ("96910", "GU", None, None, &["Pacific/Guam"]),
        ("09012", "AE", None, None, &[]),
        ("96201", "AP", None, None, &[]),
    ] {
        let place = ZipPlace::of(zip).expect(zip);
        assert_eq!(
            (place.state.code, place.county, place.city, place.zones),
            (state, county, city, zones),
            "{zip}"
        );
    }
}

#[test]
fn what_is_no_zip_code_has_no_place() {
    for text in
        ["", "0", "00000", "99999", "7520", "752011", "+5201", "K1A 0B1", "７５２０１", "-1234", "75 01"]
    {
        assert_eq!(ZipPlace::of(text), None, "{text}");
    }
}

#[test]
fn a_zip_code_is_read_with_its_four_digits_more() {
    for text in ["75201", " 75201 ", "75201-1234", "752011234"] {
        assert_eq!(five_digits(text), Some("75201"), "{text}");
    }
    for text in ["", "7520", "752011", "75201-", "75201-12345", "75201 1234", "K1A 0B1", "7520é", "ZIPPY"] {
        assert_eq!(five_digits(text), None, "{text}");
    }
}

#[test]
fn every_zip_code_that_is_assigned_has_a_whole_place() {
    let places: Vec<_> = (0..100_000).filter_map(|zip| ZipPlace::of(&format!("{zip:05}"))).collect();
    let assigned: u32 = ZIP_ASSIGNED.iter().map(|byte| byte.count_ones()).sum();
    assert_eq!(places.len(), usize::try_from(assigned).expect("a count"));
    assert_eq!(places.len() * 4, ZIP_ROWS.len());
    let whole = places.iter().filter(|place| place.city.is_some() && place.county.is_some());
    assert_eq!(whole.count(), 40_978, "all that the package has, but Wake Island");
    for place in &places {
        let is_military = matches!(place.state.code, "AA" | "AE" | "AP");
        assert_eq!(place.zones.is_empty(), is_military, "{place:?}");
        assert!(place.zones.iter().all(|zone| place.state.zones.contains(zone)), "{place:?}");
    }
}

#[test]
fn a_state_is_found_by_code_and_by_name() {
    for text in ["TX", "tx", " Tx ", "Texas", "TEXAS"] {
        assert_eq!(State::named(text).expect(text).code, "TX");
    }
    assert_eq!(State::named("Prince Edward Island").expect("a province").country, "CA");
    assert_eq!(State::named("pr").expect("a territory").country, "PR");
    for text in ["", "T", "XX", "Bavaria", "éé", "é"] {
        assert_eq!(State::named(text), None, "{text}");
    }
    for state in &STATES {
        assert_eq!(State::named(state.code), Some(state));
        assert_eq!(State::named(state.name), Some(state));
    }
}

#[test]
fn every_zone_is_one_that_schedules_know() {
    let states = STATES.iter().flat_map(|state| state.zones);
    let codes = (200..1_000).map(area_code).flat_map(|place| place.zones);
    for zone in states.chain(codes).chain(&ZONES) {
        assert!(zone.parse::<crate::schedule::TimeZoneName>().is_ok(), "{zone}");
    }
}

#[test]
fn a_zone_that_agrees_with_a_greater_one_goes_by_its_name() {
    assert_eq!(zone_name("america/detroit"), "America/New_York");
    assert_eq!(zone_name("America/New_York"), "America/New_York");
    let (clock, instants) = (crate::schedule::TimeZoneName::from_str, (0..5 * 366));
    let instants = instants.map(|day| Timestamp::from_second(1_767_225_600 + day * 86_400).expect("a time"));
    let instants: Vec<_> = instants.collect();
    for (finer, greatest) in OTHER_NAMES {
        let (finer, greatest) = (clock(finer).expect(finer), clock(greatest).expect(greatest));
        assert!(
            instants.iter().all(|at| finer.zone().to_offset(*at) == greatest.zone().to_offset(*at)),
            "{finer}"
        );
    }
}

#[test]
fn tables_are_in_order() {
    assert!(STATES.is_sorted_by(|a, b| a.code < b.code));
    assert!(CALLING_CODES.is_sorted_by(|a, b| a.0 < b.0));
}

#[test]
fn tables_are_below_a_megabyte() {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.len() + size_of::<&str>()).sum::<usize>();
    let states: usize = STATES.iter().map(|state| texts(state.zones) + state.name.len() + 4).sum();
    let codes: usize =
        (200..1_000).map(area_code).map(|place| texts(place.zones) + texts(place.states) + 2).sum();
    let bytes = size_of_val(&AREA_CODES)
        + codes
        + size_of_val(&STATES)
        + states
        + CALLING_CODES.len() * (2 * size_of::<&str>() + 10)
        + texts(&ZONES)
        + ZIP_ASSIGNED.len()
        + 4 * 100_000 / 32
        + ZIP_ROWS.len()
        + ZIP_DISTRICTS.len()
        + ZIP_CITIES.len()
        + ZIP_NAMES.len();
    assert!((400_000..1_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn a_line_type_reads_back_as_itself() {
    for kind in LineType::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::json!(kind), kind.to_string());
    }
    assert!("Mobile".parse::<LineType>().is_err());
}
