//! What a filter costs for one caller, against the same condition written by hand in the same run.
//!
//! - `contract`: the example of the contract, two comparisons of a state and a tag; passed, and refused by the last one.
//! - `zips`: one of 1,000 ZIPs.
//! - `largest`: 64 conditions, all of which must be looked at.

#![expect(clippy::print_stdout, reason = "the ratios are the point")]

use std::{
    cell::Cell,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use ringfall_domain::{
    call::{Call, KnownCaller, Origin, TelephonyRates, event::CallerFacts},
    filter::Filter,
    ids::{AccountId, CallId, CampaignId, ConnectionId, NumberId, PublisherId},
    phone::CallerNumber,
    tags::{TagValue, Tags},
};
use serde_json::{Value, json};

/// The state comes last in every group, so that nothing is left out.
const GROUPS: [[&str; 8]; 7] = [["AL", "AK", "AZ", "AR", "CA", "CO", "CT", "TX"]; 7];

fn call(injured: &str) -> Call {
    let said = CallerFacts { state: Some("TX".to_owned()), ..CallerFacts::default() };
    let origin = Origin {
        connection: ConnectionId::from_parts(1, 1),
        provider_call_id: "CA1".to_owned(),
        campaign: CampaignId::from_parts(1, 1),
        publisher: PublisherId::from_parts(1, 1),
        number: NumberId::from_parts(1, 1),
        dialled: "+18005550111".parse().expect("a number"),
        caller: CallerNumber::from_presented("+12145550123"),
        caller_facts: said,
        rates: TelephonyRates::default(),
        arrived_at: "2026-11-18T16:00:00Z".parse().expect("a time"),
    };
    let tags: Tags = serde_json::from_value(json!({"injured": injured, "zip": "75201"})).expect("tags");
    Call::new(CallId::from_parts(1, 1), AccountId::from_parts(1, 1), origin, tags)
}

fn filter(document: Value) -> Filter {
    serde_json::from_value(document).expect("a filter")
}

fn contract() -> Filter {
    filter(json!({"all": [
        {"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
        {"field": "tags.injured", "op": "eq", "value": "yes"},
    ]}))
}

fn zips() -> Vec<String> {
    (75_000..76_000).map(|zip| zip.to_string()).collect()
}

fn largest() -> Filter {
    let groups = GROUPS.iter().map(|group| {
        let states = group.iter().map(|state| json!({"field": "caller.state", "op": "eq", "value": state}));
        json!({"any": states.collect::<Vec<_>>()})
    });
    filter(json!({"all": groups.collect::<Vec<_>>()}))
}

/// What the flow gathered stands above what the provider says.
fn stated<'a>(call: &'a Call, tag: &str, said: Option<&'a str>) -> Option<&'a str> {
    call.tags.get(tag).map(TagValue::as_str).or(said)
}

fn state(call: &Call) -> Option<&str> {
    stated(call, "state", call.origin.caller_facts.state.as_deref())
}

fn contract_by_hand(call: &Call) -> bool {
    let takes = |state: &str| state.eq_ignore_ascii_case("TX") || state.eq_ignore_ascii_case("OK");
    state(call).is_some_and(takes)
        && stated(call, "injured", None).is_some_and(|injured| injured.eq_ignore_ascii_case("yes"))
}

fn zips_by_hand(call: &Call, sorted_zips: &[String]) -> bool {
    let zip = stated(call, "zip", call.origin.caller_facts.zip.as_deref());
    zip.is_some_and(|zip| sorted_zips.binary_search_by(|known| known.as_str().cmp(zip)).is_ok())
}

fn largest_by_hand(call: &Call) -> bool {
    let is = |wanted: &&str| state(call).is_some_and(|state| state.eq_ignore_ascii_case(wanted));
    GROUPS.iter().all(|group| group.iter().any(is))
}

/// Measures one function, and returns the nanoseconds of its last sample.
fn nanoseconds(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    expected: bool,
    evaluate: impl Fn() -> bool,
) -> f64 {
    assert_eq!(evaluate(), expected, "{name}");
    let last = Cell::new(0.0);
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let began = Instant::now();
            for _ in 0..iterations {
                black_box(evaluate());
            }
            let elapsed: Duration = began.elapsed();
            last.set(
                elapsed.div_duration_f64(Duration::from_nanos(1))
                    / f64::from(u32::try_from(iterations).unwrap_or(u32::MAX)),
            );
            elapsed
        });
    });
    last.get()
}

fn filters(criterion: &mut Criterion) {
    let (injured, unhurt) = (call("yes"), call("no"));
    let (contract, largest, zips) = (contract(), largest(), zips());
    let listed = filter(json!({"field": "caller.zip", "op": "in", "value": zips}));
    let passes =
        |filter: &Filter, facts: &KnownCaller<'_>| black_box(filter).evaluate(black_box(facts)).is_ok();
    let (injured_facts, unhurt_facts) = (KnownCaller::of(&injured), KnownCaller::of(&unhurt));
    let mut group = criterion.benchmark_group("filters");
    let mut ratio = |name: &str, expected: bool, filter: &dyn Fn() -> bool, by_hand: &dyn Fn() -> bool| {
        let filter = nanoseconds(&mut group, name, expected, filter);
        let by_hand = nanoseconds(&mut group, &format!("{name}, by hand"), expected, by_hand);
        println!("{name}: {filter:.0} ns against {by_hand:.0} ns by hand, {:.1} to 1\n", filter / by_hand);
    };
    ratio("contract, passed", true, &|| passes(&contract, &injured_facts), &|| {
        contract_by_hand(black_box(&injured))
    });
    ratio("contract, refused", false, &|| passes(&contract, &unhurt_facts), &|| {
        contract_by_hand(black_box(&unhurt))
    });
    ratio("zips", true, &|| passes(&listed, &injured_facts), &|| {
        zips_by_hand(black_box(&injured), black_box(&zips))
    });
    ratio("largest", true, &|| passes(&largest, &injured_facts), &|| largest_by_hand(black_box(&injured)));
    group.finish();
}

criterion_group!(benches, filters);
criterion_main!(benches);
