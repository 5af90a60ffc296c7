use super::*;
use strum::VariantArray;

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let file = "plan = \"rooms\"\nrooms = 7\nlisteners = 3\nrate = 20";
    let (word, overrides) = parse_file("x.toml", file).unwrap();
    let flags = Overrides {
        listeners: Some(5),
        ..Overrides::default()
    };
    let plan = Plan::default_of(Kind::named(&word).unwrap())
        .wish(&overrides)
        .wish(&flags);
    assert_eq!((plan.rooms, plan.listeners, plan.rate), (7, 5, Some(20.0)));
    assert_eq!(plan.sockets(), 35);
}

#[test]
fn unknown_keys_and_plans_are_refused_with_the_nearest_known_one() {
    let refused = parse_file("x.toml", "plan = \"room\"\nlistners = 3").unwrap_err();
    let expected = Impossible::Key {
        file: "x.toml".to_owned(),
        key: "listners".to_owned(),
        nearest: "listeners".to_owned(),
    };
    assert_eq!(refused, expected);
    let refused = Plan::new("romo", &Overrides::default()).unwrap_err();
    assert_eq!(refused, Impossible::Plan("romo".to_owned(), "room"));
}

#[test]
fn a_window_asks_for_a_closed_loop_and_a_rate_for_an_open_one() {
    let window = Overrides {
        window: Some(16),
        ..Overrides::default()
    };
    let rate = Overrides {
        rate: Some(100.0),
        ..Overrides::default()
    };
    for kind in Kind::VARIANTS.iter().copied() {
        assert_eq!(Plan::default_of(kind).wish(&window).rate, None, "{kind:?}");
        assert_eq!(
            Plan::default_of(kind).wish(&rate).rate,
            Some(100.0),
            "{kind:?}"
        );
        assert!(Plan::default_of(kind).check().is_ok(), "{kind:?}");
    }
    assert_eq!(Plan::default_of(Kind::Room).window, 1);
}

#[test]
fn numbers_out_of_range_are_named() {
    let overrides = Overrides {
        text_bytes: Some(5000),
        ..Overrides::default()
    };
    let refused = Plan::new("room", &overrides).unwrap_err();
    assert!(
        refused.to_string().contains("--text-bytes is 5000"),
        "{refused}"
    );
    let overrides = Overrides {
        listeners: Some(3),
        ..Overrides::default()
    };
    assert_eq!(
        Plan::new("firehose", &overrides).unwrap_err(),
        Impossible::AppStreams(3)
    );
}
