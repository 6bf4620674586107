//! Whose word counts.

use proptest::prelude::*;

use crate::{
    call::{Call, Known, KnownCaller, event::CallerFacts},
    fixtures,
    geography::{LineType, State},
    phone::CallerNumber,
    tags::Tags,
};

const EAST: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";
const WEST: &str = "America/Los_Angeles";

/// A call from that number, of which nothing else is known.
fn call(caller: &str) -> Call {
    let mut call = fixtures::call();
    call.origin.caller = CallerNumber::from_presented(caller);
    call.origin.caller_facts = CallerFacts::default();
    call
}

fn stating(mut call: Call, tags: &[(&str, &str)]) -> Call {
    call.tags = Tags::default();
    for (name, value) in tags {
        let (name, value) = ((*name).to_owned().try_into(), (*value).to_owned().try_into());
        call.tags.insert(name.expect("a tag's name"), value.expect("a tag's value")).expect("few tags");
    }
    call
}

fn said(mut call: Call, facts: CallerFacts) -> Call {
    call.origin.caller_facts = facts;
    call
}

fn facts(state: &str, zip: &str, city: &str) -> CallerFacts {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    CallerFacts {
        state: some(state),
        zip: some(zip),
        city: some(city),
        country: some("US"),
        ..CallerFacts::default()
    }
}

fn shown(known: Option<Known<'_>>) -> String {
    known.map_or_else(
        || "-".to_owned(),
        |known| format!("{} ({})", known.values.as_slice().join("/"), known.source.as_str()),
    )
}

/// Country, state, ZIP, county and city, then the zones.
#[track_caller]
fn check(call: &Call, place: &str, zones: &str) {
    let known = KnownCaller::of(call).whereabouts;
    let parts = [known.country, known.state, known.zip, known.county, known.city].map(shown);
    assert_eq!(parts.join(", "), place);
    assert_eq!(shown(known.zones), zones);
}

#[test]
fn a_number_alone_tells_state_and_zones() {
    check(&call("+12145550123"), "US (number), TX (number), -, -, -", &format!("{CENTRAL} (number)"));
    check(&call("+12085550123"), "US (number), ID (number), -, -, -", &format!("{MOUNTAIN}/{WEST} (number)"));
    check(&call("+19025550123"), "CA (number), NS/PE (number), -, -, -", "America/Halifax (number)");
    check(&call("+442071838750"), "GB (number), -, -, -, -", "-");
    for nowhere in ["+18005550123", "+15005550123", "+19995550123", "anonymous", "7262", "+99912345678"] {
        check(&call(nowhere), "-, -, -, -, -", "-");
    }
}

#[test]
fn a_provider_stands_above_the_number() {
    let call = || call("+12145550123");
    check(
        &said(call(), facts("TX", "75201", "DALLAS")),
        "US (provider), TX (provider), 75201 (provider), Dallas (provider), DALLAS (provider)",
        &format!("{CENTRAL} (provider)"),
    );
    // What the number tells still narrows the zones of a state that spans two.
    check(
        &said(call(), facts("TX", "", "")),
        "US (provider), TX (provider), -, -, -",
        &format!("{CENTRAL} (number)"),
    );
    // But not where it is of another state.
    check(
        &said(call(), facts("CA", "", "")),
        "US (provider), CA (provider), -, -, -",
        &format!("{WEST} (provider)"),
    );
    check(
        &said(call(), facts("FL", "", "")),
        "US (provider), FL (provider), -, -, -",
        &format!("{CENTRAL}/{EAST} (provider)"),
    );
}

#[test]
fn a_state_tells_its_country_to_which_a_number_of_another_adds_nothing() {
    let trinidad = said(call("+18685550123"), CallerFacts { country: None, ..facts("TX", "", "") });
    check(&trinidad, "US (provider), TX (provider), -, -, -", &format!("{CENTRAL}/{MOUNTAIN} (provider)"));
}

#[test]
fn what_the_caller_states_stands_above_all() {
    let moved = || said(call("+12145550123"), facts("TX", "75201", "DALLAS"));
    check(
        &stating(moved(), &[("zip", "90210-1234")]),
        "US (stated), CA (stated), 90210 (stated), Los Angeles (stated), Beverly Hills (stated)",
        &format!("{WEST} (stated)"),
    );
    check(
        &stating(moved(), &[("state", "florida")]),
        "US (stated), FL (stated), -, -, -",
        &format!("{CENTRAL}/{EAST} (stated)"),
    );
    check(
        &stating(moved(), &[("state", "tx")]),
        "US (stated), TX (stated), 75201 (provider), Dallas (provider), DALLAS (provider)",
        &format!("{CENTRAL} (provider)"),
    );
    check(
        &stating(moved(), &[("state", "TX"), ("zip", "79901")]),
        "US (stated), TX (stated), 79901 (stated), El Paso (stated), El Paso (stated)",
        &format!("{MOUNTAIN} (stated)"),
    );
}

#[test]
fn a_caller_who_states_a_zip_of_another_state_may_be_in_either() {
    let call = said(call("+12145550123"), facts("TX", "75201", "DALLAS"));
    check(
        &stating(call.clone(), &[("state", "TX"), ("zip", "90210")]),
        "US (stated), CA/TX (stated), 90210 (stated), -, -",
        "-",
    );
    check(
        &stating(call, &[("state", "ON"), ("zip", "90210")]),
        "US/CA (stated), CA/ON (stated), 90210 (stated), -, -",
        "-",
    );
}

#[test]
fn what_names_no_place_is_kept_as_it_was_stated() {
    let call = || call("+14165550123");
    check(
        &stating(call(), &[("zip", "K1A 0B1")]),
        "CA (number), ON (number), K1A 0B1 (stated), -, -",
        "America/Toronto (number)",
    );
    check(
        &stating(call(), &[("zip", "99999")]),
        "CA (number), ON (number), 99999 (stated), -, -",
        "America/Toronto (number)",
    );
    check(&stating(call(), &[("state", "Bavaria")]), "-, Bavaria (stated), -, -, -", "-");
    check(
        &stating(call(), &[("state", " "), ("zip", " ")]),
        "CA (number), ON (number), -, -, -",
        "America/Toronto (number)",
    );
}

#[test]
fn a_line_is_what_the_provider_says_or_what_the_number_is_for() {
    let mobile = CallerFacts { line_type: Some(LineType::Mobile), ..CallerFacts::default() };
    for (call, expected) in [
        (call("+12145550123"), "-"),
        (call("+18005550123"), "toll_free (number)"),
        (call("+442071838750"), "-"),
        (said(call("+12145550123"), mobile.clone()), "mobile (provider)"),
        (said(call("+18005550123"), mobile), "mobile (provider)"),
    ] {
        assert_eq!(shown(KnownCaller::of(&call).line_type), expected);
    }
}

fn a_word() -> impl Strategy<Value = String> {
    let codes =
        prop::sample::select(&["TX", "tx", "Florida", "ON", "NS", "PR", "AE", "US", "CA", "Bavaria", ""][..]);
    prop_oneof![4 => codes.prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

fn a_zip() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[0-9]{5}", 1 => "(752|799|102|967|K1A)[0-9]{2}(-[0-9]{4})?", 1 => a_word()]
}

fn a_caller() -> impl Strategy<Value = String> {
    prop_oneof![4 => "\\+1[2-9][0-9]{9}", 1 => "\\+[1-9][0-9]{6,14}", 1 => a_word()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_known_of_a_caller_fits_together(
        caller in a_caller(),
        stated in (prop::option::of(a_zip()), prop::option::of(a_word())),
        said in (prop::option::of(a_zip()), prop::option::of(a_word()), prop::option::of(a_word())),
    ) {
        let (zip, state, country) = said;
        let call = self::said(call(&caller), CallerFacts { zip, state, country, ..CallerFacts::default() });
        let tags: Vec<_> = [("zip", &stated.0), ("state", &stated.1)].into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
        let call = stating(call, &tags);
        let known = KnownCaller::of(&call).whereabouts;
        let values = |known: &Option<Known<'_>>| -> Vec<String> {
            known.iter().flat_map(|known| known.values.as_slice().iter().map(|value| (*value).to_owned())).collect()
        };
        let (states, zones) = (values(&known.state), values(&known.zones));
        if let [state] = states.as_slice() && let Some(state) = State::named(state) {
            prop_assert!(zones.iter().all(|zone| state.zones.contains(&zone.as_str())), "{known:?}");
        }
        prop_assert!(known.county.is_none() || states.len() == 1, "{known:?}");
        prop_assert!(known.county.is_none() || zones.len() == 1, "{known:?}");
        prop_assert!([&known.country, &known.state, &known.zip].iter().all(|one| one.is_none() || !values(one).is_empty()));
    }
}
