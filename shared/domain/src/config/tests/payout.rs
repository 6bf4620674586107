//! What publishers are paid.

use serde_json::{Value, json};

use super::{check_refused, read};
use crate::{
    config::{PayoutRule, Percent},
    money::Money,
};

fn money(text: &str) -> Money {
    text.parse().expect(text)
}

#[test]
fn a_payout_is_fixed_or_a_share_within_bounds() {
    let share = |bounds: Value| {
        let mut rule = json!({"kind": "revenue_share", "percent": "33.5"});
        rule.as_object_mut().expect("an object").extend(bounds.as_object().expect("an object").clone());
        rule
    };
    for (rule, revenue, paid) in [
        (json!({"kind": "fixed", "amount": "20.00"}), "45.00", "20.00"),
        (json!({"kind": "fixed", "amount": "20.00"}), "0", "20.00"),
        (share(json!({})), "45.00", "15.08"),
        (share(json!({"least": "16"})), "45.00", "16.00"),
        (share(json!({"most": "15"})), "45.00", "15.00"),
        (share(json!({"least": "1", "most": "20"})), "45.00", "15.08"),
        (json!({"kind": "revenue_share", "percent": "0"}), "45.00", "0.00"),
        (json!({"kind": "revenue_share", "percent": "100"}), "45.00", "45.00"),
    ] {
        let read_rule: PayoutRule = read(&rule).expect("a rule");
        assert_eq!(read_rule.amount_of(money(revenue)), money(paid), "{rule}");
        let written = serde_json::to_value(read_rule).expect("json");
        assert_eq!(read::<PayoutRule>(&written), Ok(read_rule));
    }
    check_refused::<PayoutRule>(&[
        (json!({"kind": "fixed"}), ".", "missing field `amount`, which a fixed payout needs"),
        (json!({"kind": "revenue_share"}), ".", "missing field `percent`, which a revenue share needs"),
        (share(json!({"amount": "1"})), ".", "`amount`: a revenue share has no such field"),
        (share(json!({"least": "-1"})), "least", "zero or more"),
        (share(json!({"percent": 40})), "percent", "expected a string"),
    ]);
}

#[test]
fn a_percentage_is_exact_and_within_a_hundred() {
    for (text, shown) in
        [("40", "40"), ("0", "0"), ("100", "100"), ("37.50", "37.5"), ("0.01", "0.01"), ("100.00", "100")]
    {
        assert_eq!(text.parse::<Percent>().expect(text).to_string(), shown);
    }
    for wrong in ["", "-1", "100.01", "101", "1.234", "1e2", "40%", ".5", "5.", " 5", "+5", "٤٠", "1_0"] {
        assert!(wrong.parse::<Percent>().is_err(), "{wrong}");
    }
}
