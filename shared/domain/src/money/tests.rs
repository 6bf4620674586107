//! Amounts by example, and sums and shares against whole numbers.

use proptest::{
    prelude::*,
    test_runner::{TestRng, TestRunner},
};

use super::*;

fn money(text: &str) -> Money {
    text.parse().expect(text)
}

#[test]
fn text_is_exact_and_padded_to_cents() {
    for (given, shown) in [
        ("45", "45.00"),
        ("45.5", "45.50"),
        ("0.0075", "0.0075"),
        ("-3.10", "-3.10"),
        ("999999999999", "999999999999.00"),
    ] {
        assert_eq!(money(given).to_string(), shown);
    }
    assert_eq!(money("1.00000"), money("1"));
}

#[test]
fn what_is_not_an_amount_is_refused_with_its_reason() {
    for text in ["", ".", "1.", ".5", "1e3", "+1", " 1", "1,00", "NaN", "1.2.3", "١"] {
        assert_eq!(text.parse::<Money>(), Err(InvalidMoney::NotAnAmount), "{text}");
    }
    assert_eq!("0.00001".parse::<Money>(), Err(InvalidMoney::TooFine));
    assert_eq!("1000000000000".parse::<Money>(), Err(InvalidMoney::TooLarge));
    assert!(serde_json::from_str::<Money>("45.0").is_err());
    assert!(serde_json::from_str::<Money>("45").is_err());
    assert_eq!(serde_json::from_str::<Money>("\"45.0\"").ok(), Some(money("45")));
}

#[test]
fn halves_round_away_from_zero() {
    let half = Decimal::new(5, 1);
    assert_eq!(money("0.01").times_rounded_to_cent(half), money("0.01"));
    assert_eq!(money("-0.01").times_rounded_to_cent(half), money("-0.01"));
    assert_eq!(money("33.33").times_rounded_to_cent(Decimal::new(3, 1)), money("10.00"));
}

/// The finest that is kept, as a whole number.
fn ten_thousandths(amount: i64) -> Money {
    Money::new(Decimal::new(amount, 4)).expect("within bounds")
}

fn whole(amount: Money) -> i128 {
    let mut decimal = amount.as_decimal();
    decimal.rescale(4);
    decimal.mantissa()
}

/// The nearest whole number to a quotient; of two, the one farther from zero.
fn divided(dividend: i128, divisor: i128) -> i128 {
    (dividend.abs() * 2 + divisor) / (divisor * 2) * dividend.signum()
}

const MOST: i64 = 99_999_999_999;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn text_round_trips(amount in -MOST..MOST) {
        let amount = ten_thousandths(amount);
        prop_assert_eq!(money(&amount.to_string()), amount);
    }

    #[test]
    fn sums_depend_on_neither_order_nor_grouping(
        amounts in prop::collection::vec(-MOST..MOST, 0..60),
        size in 1..10_u8,
    ) {
        let sum = |amounts: &[i64]| amounts.iter().copied().map(ten_thousandths).sum::<Money>();
        let mut reordered = amounts.clone();
        reordered.sort_unstable();
        let expected = amounts.iter().map(|amount| i128::from(*amount)).sum();
        prop_assert_eq!(whole(sum(&amounts)), expected);
        prop_assert_eq!(sum(&reordered), sum(&amounts));
        prop_assert_eq!(amounts.chunks(size.into()).map(sum).sum::<Money>(), sum(&amounts));
    }

    #[test]
    fn what_is_taken_off_and_put_back_leaves_no_trace(amount in -MOST..MOST, other in -MOST..MOST) {
        let (amount, other) = (ten_thousandths(amount), ten_thousandths(other));
        prop_assert_eq!(amount - other + other, amount);
        prop_assert_eq!(amount + -amount, Money::ZERO);
        prop_assert_eq!(amount < other, whole(amount) < whole(other));
    }

    #[test]
    fn a_product_is_rounded_as_whole_numbers_are(amount in -MOST..MOST, factor in 0..2_000_000_i64, scale in 0_u32..=6) {
        let product = ten_thousandths(amount).times_rounded_to_cent(Decimal::new(factor, scale));
        let cents = divided(i128::from(amount) * i128::from(factor), 10_i128.pow(2 + scale));
        prop_assert_eq!(whole(product), cents * 100);
    }

    #[test]
    fn a_count_of_an_amount_is_its_sum(amount in -MOST..MOST, count in 0_u32..200) {
        let amount = ten_thousandths(amount);
        prop_assert_eq!(amount.times(count), (0..count).map(|_| amount).sum());
    }

    #[test]
    fn a_share_and_the_rest_are_the_whole(cents in 0..MOST, hundredths in 0..=10_000_i64) {
        let (amount, share) = (Money::from_cents(cents), Decimal::new(hundredths, 4));
        let part = amount.times_rounded_to_cent(share);
        let rest = amount - part;
        prop_assert_eq!(part + rest, amount);
        prop_assert!(!part.is_negative() && !rest.is_negative());
        // The other share, rounded by itself, may be off by the one cent that both would claim.
        let claimed = amount.times_rounded_to_cent(Decimal::ONE - share);
        prop_assert!((0..=100).contains(&whole(claimed - rest)), "{} {}", claimed, rest);
    }
}

/// Two million postings between sixteen accounts, of which not one ten-thousandth may be lost.
#[test]
fn millions_of_postings_lose_nothing() {
    const ENTRIES: usize = 1_000_000;
    let mut random = TestRunner::deterministic().new_rng();
    let mut books = [(Money::ZERO, 0_i128); 16];
    for _ in 0..ENTRIES {
        let amount = i64::try_from(random.next_u64() % MOST.unsigned_abs()).expect("within bounds");
        let (debit, credit) = (account(&mut random), account(&mut random));
        for (account, amount) in [(debit, amount), (credit, -amount)] {
            let (balance, expected) = &mut books[account];
            *balance = *balance + ten_thousandths(amount);
            *expected += i128::from(amount);
        }
    }
    for (balance, expected) in books {
        assert_eq!(whole(balance), expected);
        assert_ne!(balance, Money::ZERO);
    }
    assert_eq!(books.iter().map(|(balance, _)| *balance).sum::<Money>(), Money::ZERO);
}

fn account(random: &mut TestRng) -> usize {
    usize::try_from(random.next_u32() % 16).expect("a small number")
}
