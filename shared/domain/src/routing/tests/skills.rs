//! Whose people can do what a call needs.

use super::{OPEN, eligible, empty, judged};
use crate::fixtures::{call, plan};

#[test]
fn a_target_without_the_skill_is_passed_over_and_told_which() {
    let spanish = r#"{"price": "45.00", "skills": {"language": ["es"]}}"#;
    let both = r#"{"price": "45.00", "skills": {"language": ["en", "es"], "licensed": ["TX"]}}"#;
    let plan = plan(&[OPEN, spanish, both], None);
    let mut call = call();
    let reasons = |call: &_| {
        let judgement = judged(&plan, call, &empty(&plan), None);
        let reasons = judgement.passed_over.iter().map(|(_, reason)| reason.to_string()).collect::<Vec<_>>();
        let mut eligible = eligible(&plan, &judgement);
        eligible.sort_unstable();
        (eligible, reasons)
    };
    let unknown = "missing_skill {skill: language, needed: unknown}".to_owned();
    assert_eq!(reasons(&call), (vec![1], vec![unknown.clone(), unknown]));
    let set = |call: &mut crate::call::Call, name: &str, value: &str| {
        let (name, value) = (name.parse().expect("a name"), value.parse().expect("a value"));
        call.tags.insert(name, value).expect("room");
    };
    set(&mut call, "language", "es-MX");
    let unlicensed = "missing_skill {skill: licensed, needed: unknown}".to_owned();
    assert_eq!(reasons(&call), (vec![1, 2], vec![unlicensed]));
    set(&mut call, "licensed", "TX");
    assert_eq!(reasons(&call), (vec![1, 2, 3], vec![]));
    set(&mut call, "language", "en-US");
    assert_eq!(
        reasons(&call),
        (vec![1, 3], vec!["missing_skill {skill: language, needed: en-US}".to_owned()])
    );
}
