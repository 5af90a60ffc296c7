use super::*;

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let file = "plan = \"rooms\"\nrooms = 7\nlisteners = 3\nrate = 20";
    let (word, wishes) = parse_file("x.toml", file).unwrap();
    let flags = Wishes {
        listeners: Some(5),
        ..Wishes::default()
    };
    let plan = Plan::default_of(Kind::named(&word).unwrap())
        .wish(&wishes)
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
    let refused = Plan::new("romo", &Wishes::default()).unwrap_err();
    assert_eq!(refused, Impossible::Plan("romo".to_owned(), "room"));
}

#[test]
fn a_window_asks_for_a_closed_loop_and_a_rate_for_an_open_one() {
    let window = Wishes {
        window: Some(16),
        ..Wishes::default()
    };
    let rate = Wishes {
        rate: Some(100.0),
        ..Wishes::default()
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
    let wishes = Wishes {
        text_bytes: Some(5000),
        ..Wishes::default()
    };
    let refused = Plan::new("room", &wishes).unwrap_err();
    assert!(
        refused.to_string().contains("--text-bytes is 5000"),
        "{refused}"
    );
    let wishes = Wishes {
        listeners: Some(3),
        ..Wishes::default()
    };
    assert_eq!(
        Plan::new("firehose", &wishes).unwrap_err(),
        Impossible::AppStreams(3)
    );
}
