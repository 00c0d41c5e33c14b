use super::*;
use crate::schema;
use crate::source::Sources;
use crate::tree::{parse_document, parse_value};

const FILE: &str = r#"
title = "t"
[run]
length = "60s"
[policies.p]
layers = [{ retry = { max_attempts = 3, backoff = { immediate = {} } } }, { timeout = "2s" }, { timeout = "1s" }]
[links."a.b->c"]
loss = 0.5
[[faults]]
name = "outage"
at = "1s"
[[faults]]
name = "1"
at = "2s"
"#;

/// The tree after a change, or the message.
fn changed(path: &str, value: &str) -> Result<Node, String> {
    let mut sources = Sources::default();
    let mut root = parse_document(sources.add("f", FILE), FILE).unwrap();
    let id = sources.add("--set", path);
    let span = Span::new(id, 0..path.len());
    let value = parse_value(sources.add("v", value), value, 0);
    SetPath::parse(path, span)
        .and_then(|path| set(&mut root, schema::document(), &path, value))
        .map(|()| root)
        .map_err(|wrong| format!("{}; {}", wrong.title, wrong.helps.join("; ")))
}

fn at<'n>(root: &'n Node, keys: &[&str]) -> &'n Kind {
    let step = |node: &'n Node, key: &&str| match &node.kind {
        Kind::List(items) => &items[key.parse::<usize>().unwrap()],
        _ => node.get(key).unwrap_or_else(|| panic!("no {key}")),
    };
    &keys.iter().fold(root, step).kind
}

#[test]
fn a_path_leads_by_key_tag_name_and_position() {
    let layers = ["policies", "p", "layers"];
    let inside = |rest: &[&'static str]| [&layers[..], rest].concat();
    for (path, keys) in [
        ("run.length", vec!["run", "length"]),
        ("policies.p.layers.retry.max_attempts", inside(&["0", "retry", "max_attempts"])),
        ("policies.p.layers.0.retry.max_attempts", inside(&["0", "retry", "max_attempts"])),
        ("policies.p.layers.2.timeout", inside(&["2", "timeout"])),
        ("policies.p.layers.1", inside(&["1"])),
        ("links.\"a.b->c\".loss", vec!["links", "a.b->c", "loss"]),
        ("faults.outage.at", vec!["faults", "0", "at"]),
        ("faults.0.at", vec!["faults", "0", "at"]),
        ("faults.1.at", vec!["faults", "1", "at"]),
        (" run . length ", vec!["run", "length"]),
    ] {
        let root = changed(path, "7").unwrap_or_else(|wrong| panic!("{path}: {wrong}"));
        assert_eq!(at(&root, &keys), &Kind::Integer(7), "{path}");
    }
}

#[test]
fn setting_a_choice_replaces_all_of_it() {
    let root =
        changed("policies.p.layers.retry.backoff", "{ fixed = { delay = \"1s\" } }").unwrap();
    let backoff = at(&root, &["policies", "p", "layers", "0", "retry", "backoff"]);
    let Kind::Table(backoff) = backoff else { panic!() };
    assert_eq!(backoff.keys().collect::<Vec<_>>(), ["fixed"]);
}

#[test]
fn a_key_that_the_format_knows_can_be_added_at_the_end_of_a_path_only() {
    let root = changed("run.warmup", "5s").unwrap();
    assert_eq!(at(&root, &["run", "warmup"]), &Kind::String("5s".into()));
    let root = changed("network", "{ loss = 0.1 }").unwrap();
    assert_eq!(at(&root, &["network", "loss"]), &Kind::Float(0.1));
    let wrong = changed("run.steady.bin", "5s").unwrap_err();
    assert!(wrong.contains("no `run.steady` to set a part of"), "{wrong}");
}

#[test]
fn what_leads_nowhere_says_what_there_is() {
    for (path, why) in [
        ("run.lenght", "did you mean `length`?"),
        ("runs.length", "the file has no `runs` to set; did you mean `run`?"),
        ("policies.q.layers", "`policies` has no `q` to set; what can be set there is `p`"),
        ("policies.p.layers.retri", "did you mean `retry`?"),
        (
            "policies.p.layers.timeout",
            "more than one `timeout`; say which by its position: `1` or `2`",
        ),
        ("policies.p.layers.3", "has no item `3`"),
        ("policies.p.layers.retry.backoff.exponental", "has no `exponental`"),
        ("run.length.x", "`run.length` is the string \"60s\": it has no `x`"),
        ("links.a.b", "`links` has no `a` to set"),
        ("", "is empty"),
        ("run.", "is empty"),
        (".run", "is empty"),
        ("\"run", "does not end"),
        ("\"run\"length", "comes a dot"),
    ] {
        let wrong = changed(path, "7").unwrap_err();
        assert!(wrong.contains(why), "{path}: {wrong}");
    }
}
