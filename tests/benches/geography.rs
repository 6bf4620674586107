//! What it costs to look up a place, against a naive map from text to text in the same run.
//!
//! - `area code`: states and zones by the digits of a number.
//! - `zip`: state, county, city and zone by five digits.
//! - `caller`: all that filters know of a caller who stated a ZIP, put together once for a call.
//!
//! Every iteration looks up another code, in an order that no cache can guess.

#![expect(clippy::print_stdout, reason = "the ratios are the point")]

use std::{cell::Cell, collections::HashMap, hint::black_box, time::Instant};

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use ringfall_domain::{
    call::{Call, KnownCaller, Origin, TelephonyRates, event::CallerFacts},
    geography::{NumberPlace, ZipPlace},
    ids::{AccountId, CallId, CampaignId, ConnectionId, NumberId, PublisherId},
    phone::{CallerNumber, PhoneNumber},
    tags::Tags,
};
use serde_json::json;

/// A naive record of a ZIP code.
struct Place {
    state: String,
    county: Option<String>,
    city: Option<String>,
    zones: Vec<String>,
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// All of a list, each once, far from its neighbours.
fn scattered<T: Clone>(list: &[T]) -> Vec<T> {
    const STEP: usize = 7_919;
    (0..list.len()).map(|index| list[index * STEP % list.len()].clone()).collect()
}

fn numbers() -> Vec<PhoneNumber> {
    let all = (200..1_000).filter_map(|code| format!("+1{code}5550123").parse().ok());
    let known: Vec<PhoneNumber> = all.filter(|number| !NumberPlace::of(number).states.is_empty()).collect();
    scattered(&known)
}

fn zips() -> Vec<String> {
    let all = (0..100_000).map(|zip| format!("{zip:05}"));
    scattered(&all.filter(|zip| ZipPlace::of(zip).is_some()).collect::<Vec<_>>())
}

fn naive_area_codes(numbers: &[PhoneNumber]) -> HashMap<String, (Vec<String>, Vec<String>)> {
    let row = |number: &PhoneNumber| {
        let place = NumberPlace::of(number);
        Some((number.area_code()?.to_owned(), (owned(place.states), owned(place.zones))))
    };
    numbers.iter().filter_map(row).collect()
}

fn naive_zips(zips: &[String]) -> HashMap<String, Place> {
    let row = |zip: &String| {
        let place = ZipPlace::of(zip)?;
        let text = |text: Option<&str>| text.map(str::to_owned);
        let state = place.state.code.to_owned();
        let (county, city) = (text(place.county), text(place.city));
        Some((zip.clone(), Place { state, county, city, zones: owned(place.zones) }))
    };
    zips.iter().filter_map(row).collect()
}

fn caller() -> Call {
    let origin = Origin {
        connection: ConnectionId::from_parts(1, 1),
        provider_call_id: "CA1".to_owned(),
        campaign: CampaignId::from_parts(1, 1),
        publisher: PublisherId::from_parts(1, 1),
        number: NumberId::from_parts(1, 1),
        dialled: "+18005550111".parse().expect("a number"),
        caller: CallerNumber::from_presented("+12145550123"),
        caller_facts: CallerFacts { state: Some("TX".to_owned()), ..CallerFacts::default() },
        rates: TelephonyRates::default(),
        arrived_at: "2026-11-18T16:00:00Z".parse().expect("a time"),
    };
    let tags: Tags = serde_json::from_value(json!({"injured": "yes", "zip": "75201"})).expect("tags");
    Call::new(CallId::from_parts(1, 1), AccountId::from_parts(1, 1), origin, tags)
}

/// Measures one look-up over all keys in turn, and returns the nanoseconds of its last sample.
fn nanoseconds<K>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    keys: &[K],
    look_up: impl Fn(&K) -> usize,
) -> f64 {
    assert!(keys.iter().all(|key| look_up(key) > 0), "{name}");
    let last = Cell::new(0.0);
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let mut keys = keys.iter().cycle();
            let began = Instant::now();
            for _ in 0..iterations {
                black_box(keys.next().map(&look_up));
            }
            let elapsed = began.elapsed();
            last.set(elapsed.as_secs_f64() * 1e9 / f64::from(u32::try_from(iterations).unwrap_or(u32::MAX)));
            elapsed
        });
    });
    last.get()
}

fn geography(criterion: &mut Criterion) {
    let (numbers, zips) = (numbers(), zips());
    let (area_codes_by_text, zips_by_text) = (naive_area_codes(&numbers), naive_zips(&zips));
    let mut group = criterion.benchmark_group("geography");

    let tables = nanoseconds(&mut group, "area code", &numbers, |number| {
        let place = NumberPlace::of(black_box(number));
        place.states.len() + place.zones.len()
    });
    let naive = nanoseconds(&mut group, "area code, naive map", &numbers, |number| {
        let place = black_box(number).area_code().and_then(|code| area_codes_by_text.get(code));
        place.map_or(0, |(states, zones)| states.len() + zones.len())
    });
    println!("area code: {tables:.0} ns against {naive:.0} ns in a naive map\n");

    let tables = nanoseconds(&mut group, "zip", &zips, |zip| {
        let place = ZipPlace::of(black_box(zip));
        place.map_or(0, |place| {
            let names = place.county.map_or(0, str::len) + place.city.map_or(0, str::len);
            place.state.code.len() + names + place.zones.len()
        })
    });
    let naive = nanoseconds(&mut group, "zip, naive map", &zips, |zip| {
        let place = zips_by_text.get(black_box(zip.as_str()));
        place.map_or(0, |place| {
            let length = |name: &Option<String>| name.as_ref().map_or(0, String::len);
            place.state.len() + length(&place.county) + length(&place.city) + place.zones.len()
        })
    });
    println!("zip: {tables:.0} ns against {naive:.0} ns in a naive map\n");

    let call = caller();
    nanoseconds(&mut group, "caller", &[call], |call| {
        KnownCaller::of(black_box(call)).whereabouts.zones.map_or(0, |zones| zones.values.as_slice().len())
    });
    group.finish();
}

criterion_group!(benches, geography);
criterion_main!(benches);
