use serde_json::json;

use super::*;

fn holds(operator: Operator, value: &Value, found: &Value) -> bool {
    let condition = Condition::new(operator, value).unwrap();
    condition.holds(Scalar::of(found).unwrap(), &|user| user == UserId(7))
}

#[test]
fn each_operator_takes_what_the_table_says() {
    use Operator::{Equals, Ge, Gt, Le, Lt, Matches, OneOf};
    for (operator, value, found, expected) in [
        (Equals, json!("42"), json!("42"), true),
        (Equals, json!(42), json!("42"), true),
        (Equals, json!("42"), json!(42), true),
        (Equals, json!("42"), json!("042"), false),
        (Equals, json!("+42"), json!("42"), false),
        (Equals, json!("a"), json!("A"), false),
        (Equals, json!(true), json!(true), true),
        (Equals, json!(1.5), json!(1.5), true),
        (Lt, json!(10), json!("9"), true),
        (Lt, json!("10"), json!("9"), true),
        (Lt, json!(10), json!("10"), false),
        (Le, json!(10), json!("10"), true),
        (Gt, json!(9.5), json!("10"), true),
        (
            Ge,
            json!("2024-05-01T00:00:00Z"),
            json!("2024-05-01T08:00:00Z"),
            true,
        ),
        (Gt, json!("b"), json!("a"), false),
        (Gt, json!(1), json!("x"), false),
        (Gt, json!("x"), json!("1"), false),
        (Gt, json!("inf"), json!("nan"), true),
        (Matches, json!("roll(out|s)"), json!("many rolls"), true),
        (Matches, json!("^rollout$"), json!("rollouts"), false),
        (Matches, json!("(?i)größe"), json!("GRÖSSE GRÖßE"), true),
        (Matches, json!(r"^\d+$"), json!(42), true),
        (Matches, json!("true"), json!(true), true),
        (OneOf, json!(["1", 2, "x", false]), json!("2"), true),
        (OneOf, json!(["1", 2, "x", false]), json!(1), true),
        (OneOf, json!(["1", 2, "x", false]), json!("x"), true),
        (OneOf, json!(["1", 2, "x", false]), json!(false), true),
        (OneOf, json!(["1", 2, "x", false]), json!("3"), false),
        (OneOf, json!("$authorized_userids"), json!("7"), true),
        (OneOf, json!("$authorized_userids"), json!("8"), false),
        (Equals, json!("$authorized_userids"), json!("7"), true),
        (Equals, json!("$others"), json!("$others"), true),
    ] {
        let held = holds(operator, &value, &found);
        assert_eq!(held, expected, "{found} {operator:?} {value}");
    }
}

#[test]
fn what_an_operator_cannot_take_is_refused() {
    use Operator::{Equals, Lt, Matches, OneOf};
    let (long, many) = ("x".repeat(TEXT + 1), vec![json!(1); LIST + 1]);
    for (operator, value, refusal) in [
        (Equals, json!(null), Refusal::WrongType),
        (Equals, json!(["a"]), Refusal::WrongType),
        (Equals, json!({"a": 1}), Refusal::WrongType),
        (Equals, json!(long), Refusal::TooLong),
        (OneOf, json!("a"), Refusal::WrongType),
        (OneOf, json!([]), Refusal::Missing),
        (OneOf, json!([["a"]]), Refusal::WrongType),
        (OneOf, json!(many), Refusal::TooLong),
        (OneOf, json!([long]), Refusal::TooLong),
        (Lt, json!("$authorized_userids"), Refusal::Invalid),
        (Matches, json!("$authorized_userids"), Refusal::Invalid),
        (Matches, json!(7), Refusal::WrongType),
        (Matches, json!(long), Refusal::TooLong),
        (Matches, json!("("), Refusal::PatternInvalid),
    ] {
        let refused = Condition::new(operator, &value).unwrap_err();
        assert_eq!(refused, refusal.at("value"), "{operator:?}");
    }
}
