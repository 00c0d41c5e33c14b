//! What holds for every shedder.

use serde_json::json;

use super::*;

pub(super) fn at(ms: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(ms)
}

fn every_shedding() -> Vec<Shedding> {
    let needed = |name: &str| match name {
        "queue-timeout" => json!({ "timeout": "50ms" }),
        "patience" => json!({ "patience": "exp(2s)" }),
        "priority" => json!({ "capacity": 10, "reserved": [0.5, 0.0] }),
        _ => json!({}),
    };
    let read = |name: &str| serde_json::from_value(json!({ name: needed(name) })).unwrap();
    Shedding::CATALOGUE.iter().map(|entry| read(entry.name)).collect()
}

#[test]
fn every_shedding_is_written_as_it_is_read_and_right_by_default() {
    for shedding in every_shedding() {
        let mut value = serde_json::to_value(&shedding).unwrap();
        assert_eq!(serde_json::from_value::<Shedding>(value.clone()).unwrap(), shedding);
        assert_eq!(shedding.check(), Ok(()));
        value[shedding.name()]["typo"] = json!(1);
        let error = serde_json::from_value::<Shedding>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `typo`"), "{error}");
    }
}

#[test]
fn every_parameter_is_described() {
    for entry in Shedding::CATALOGUE {
        let schema = (entry.parameters)(&mut schemars::SchemaGenerator::default());
        let fields = schema.get("properties").and_then(|fields| fields.as_object()).unwrap();
        for (field, schema) in fields {
            assert!(schema.get("description").is_some(), "{}.{field}", entry.name);
        }
    }
}

#[test]
fn mistakes_name_the_field() {
    let places = |value: serde_json::Value| -> Vec<String> {
        let shedding: Shedding = serde_json::from_value(value).unwrap();
        shedding.check().unwrap_err().0.into_iter().map(|problem| problem.path).collect()
    };
    let codel = json!({ "interval": "0s", "target": "0s" });
    assert_eq!(places(json!({ "codel": codel })), ["codel.interval", "codel.target"]);
    let adaptive = json!({ "short": "0s", "long": "0s" });
    assert_eq!(places(json!({ "adaptive-timeout": adaptive })), ["adaptive-timeout.short"]);
    let adaptive = json!({ "short": "2s", "long": "1s" });
    assert_eq!(places(json!({ "adaptive-timeout": adaptive })), ["adaptive-timeout.long"]);
    let timeout = json!({ "queue-timeout": { "timeout": "0s" } });
    assert_eq!(places(timeout), ["queue-timeout.timeout"]);
    let priority = json!({ "capacity": 0, "reserved": [0.5] });
    assert_eq!(places(json!({ "priority": priority })), ["priority.capacity"]);
}

#[test]
fn whoever_waits_is_taken_and_nobody_else() {
    for shedding in every_shedding() {
        let mut shedder = shedding.shedder();
        assert_eq!(shedder.next(at(0), &[0, 0]), None, "{}", shedding.name());
        assert_eq!(shedder.next(at(0), &[]), None);
        for (waiting, class) in [([1, 0], 0), ([0, 1], 1), ([0, 7], 1)] {
            let next = shedder.next(at(0), &waiting).unwrap();
            assert_eq!(next, Next { class, end: End::Oldest }, "{}", shedding.name());
        }
    }
}

#[test]
fn a_queue_timeout_sheds_at_once_unless_it_is_told_to_wait_for_a_worker() {
    let read: Shedding =
        serde_json::from_value(json!({ "queue-timeout": { "timeout": "50ms" } })).unwrap();
    let Shedding::QueueTimeout(timeout) = read else { panic!("{read:?}") };
    assert!(timeout.at_once);
}

#[test]
fn a_shedder_says_what_it_knows_of_waits_classes_and_places() {
    let known = |shedding: &Shedding| {
        (shedding.longest_wait(), shedding.tells_classes(), shedding.capacity())
    };
    let ms = |ms| Some(SimDuration::from_millis(ms));
    for shedding in every_shedding() {
        let expected = match &shedding {
            Shedding::Codel(_) => (None, false, None),
            Shedding::AdaptiveTimeout(_) => (ms(100), false, None),
            Shedding::QueueTimeout(_) => (ms(50), false, None),
            Shedding::Patience(_) => (None, false, None),
            Shedding::Priority(_) => (None, true, Some(10)),
        };
        assert_eq!(known(&shedding), expected, "{}", shedding.name());
    }
}
