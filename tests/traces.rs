//! `squall trace`: the files that it writes are what Perfetto and Jaeger read, and say what happened;
//! following calls changes nothing.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::record::MeasurePlan;
use sim_core::model::trace::{Choice, Sampling};
use sim_core::model::{RunSeed, run, trace};
use squall::Scenario;
use squall::library::{LIBRARY, LibraryScenario};

const SMALL: &str = "tests/data/traced.toml";
const STORM: &str = "scenarios/library/retry-storm.toml";

fn squall(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("squall").unwrap();
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

/// Traces into a folder; the text of its files by their endings.
fn traced(out: &Path, arguments: &[&str]) -> (String, BTreeMap<String, String>) {
    let output = squall(&[&["trace"], arguments, &["--out", out.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = std::fs::read_dir(out.join("traces")).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    });
    (String::from_utf8(output.stdout).unwrap(), files.collect())
}

fn refused(arguments: &[&str]) -> String {
    let output = squall(&[&["trace", "--quiet"], arguments].concat());
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_files_of_a_small_scenario_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let (told, files) = traced(folder.path(), &[SMALL]);
    assert!(told.starts_with("4 of 4 calls of `"), "{told}");
    assert!(told.contains("https://ui.perfetto.dev") && told.contains("Jaeger"), "{told}");
    assert_eq!(files.len(), 2);
    for (name, text) in &files {
        let ending = name.split_once('.').unwrap().1;
        let golden = format!("{}/tests/golden/traced.{ending}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("SQUALL_BLESS").is_some() {
            std::fs::write(&golden, text).unwrap();
        }
        let golden = std::fs::read_to_string(golden).unwrap_or_default();
        assert!(golden == *text, "{name} is not the golden one; SQUALL_BLESS=1 if that is meant");
    }
    let (_, again) = traced(folder.path(), &[SMALL, "--format", "otlp"]);
    assert_eq!(again, files, "the same bytes, and the other file is left alone");
}

#[test]
fn an_otlp_file_is_what_opentelemetry_defines() {
    let folder = tempfile::tempdir().unwrap();
    let storm =
        [STORM, "--variant", "no jitter", "--set", "run.length=130s", "--failed", "--calls", "20"];
    let (_, files) = traced(folder.path(), &storm);
    let data: Value = serde_json::from_str(&files["no-jitter-0.otlp.json"]).unwrap();
    let (mut ids, mut parents, mut traces) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut failed = 0;
    for resource in data["resourceSpans"].as_array().unwrap() {
        assert_eq!(resource["resource"]["attributes"][0]["key"], "service.name");
        for span in resource["scopeSpans"][0]["spans"].as_array().unwrap() {
            let hex = |key: &str, length: usize| {
                let id = span[key].as_str().unwrap().to_owned();
                assert!(id.len() == length && id.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
                assert!(id.chars().any(|c| c != '0'));
                id
            };
            let trace = hex("traceId", 32);
            assert!(ids.insert((trace.clone(), hex("spanId", 16))));
            let nanos = |key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
            assert!(nanos("startTimeUnixNano") <= nanos("endTimeUnixNano"));
            assert!((1..=5).contains(&span["kind"].as_u64().unwrap()));
            match span.get("parentSpanId") {
                Some(_) => {
                    parents.insert((trace, hex("parentSpanId", 16)));
                }
                None => failed += u32::from(span["status"]["code"] == 2 && traces.insert(trace)),
            }
        }
    }
    assert_eq!(failed, 20, "each of the calls failed, and has one root");
    assert!(parents.is_subset(&ids));
}

#[test]
fn on_each_track_of_a_perfetto_file_spans_lie_inside_or_beside_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let storm = [STORM, "--variant", "no jitter", "--set", "run.length=130s", "--slowest"];
    let (_, files) = traced(folder.path(), &storm);
    let data: Value = serde_json::from_str(&files["no-jitter-0.perfetto.json"]).unwrap();
    let mut tracks: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let (mut flows, mut named) = (BTreeMap::<u64, Vec<String>>::new(), BTreeSet::new());
    let nanos = |value: &Value| (value.as_f64().unwrap() * 1_000.0).round() as u64;
    for event in data["traceEvents"].as_array().unwrap() {
        let track = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let phase = event["ph"].as_str().unwrap();
        match phase {
            "X" => {
                let start = nanos(&event["ts"]);
                let end = start + nanos(&event["dur"]);
                let open = tracks.entry(track).or_default();
                open.retain(|(_, other)| *other > start);
                let inside = open.last().is_none_or(|(from, to)| *from <= start && end <= *to);
                assert!(inside, "{event} is half inside {:?}", open.last());
                open.push((start, end));
                assert!(named.contains(&track));
            }
            "s" | "f" => flows.entry(event["id"].as_u64().unwrap()).or_default().push(phase.into()),
            "M" if event["name"] == "thread_name" => assert!(named.insert(track)),
            "M" | "i" => {}
            other => panic!("{other}"),
        }
    }
    assert!(!flows.is_empty() && flows.values().all(|phases| *phases == ["s", "f"]));
}

#[test]
fn a_window_a_client_and_bounds_are_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let (told, _) = traced(folder.path(), &[SMALL, "--from", "2s", "--client", "shop"]);
    assert!(told.starts_with("2 of 2 calls of"), "{told}");
    let (told, _) = traced(folder.path(), &[SMALL, "--spans", "3"]);
    assert!(told.contains(": 3 spans\n") && told.contains(" spans are left out"), "{told}");
    let (told, _) = traced(folder.path(), &[SMALL, "--control", "--calls", "1"]);
    assert!(told.contains("1 of 4 calls") && told.contains("-control-0."), "{told}");
    let nothing = squall(&["trace", SMALL, "--from", "2.5s", "--failed"]);
    assert!(nothing.status.success());
    assert_eq!(
        String::from_utf8_lossy(&nothing.stdout),
        "No such call failed; nothing is written\n"
    );
}

#[test]
fn what_cannot_be_traced_is_said() {
    let client = refused(&[SMALL, "--client", "shoq"]);
    assert_eq!(client, "error: there is no client `shoq`; did you mean `shop`?\n");
    let replication = refused(&[SMALL, "--replication", "1"]);
    assert_eq!(replication, "error: there is no replication 1; the last is 0\n");
    assert!(refused(&[STORM, "--variant", "no jiter"]).contains("did you mean `no jitter`?"));
    let window = refused(&[SMALL, "--from", "4s"]);
    assert_eq!(window, "error: no call starts at 4s or later and before 3s; the run takes 3s\n");
    let calm = refused(&[SMALL, "--set", "faults=[]", "--control"]);
    assert!(calm.contains("has no faults") && calm.contains("leave out --control"), "{calm}");
    assert!(refused(&[SMALL, "--failed", "--slowest"]).contains("cannot be used with"));
    assert!(refused(&[SMALL, "--calls", "0"]).contains("--calls"));
    assert!(refused(&[SMALL, "--format", "zipkin"]).contains("perfetto or otlp"));
}

/// Long enough for faults to begin, and short enough for a test.
const EVENTS: u64 = 150_000;

#[test]
fn whoever_is_followed_goes_the_same_way_through_every_scenario_of_the_library() {
    for LibraryScenario { name, .. } in LIBRARY {
        let file = format!("{}/scenarios/library/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let (study, _) = Scenario::open(file).unwrap().load().unwrap();
        for variant in &study.variants {
            let mut model = variant.model.clone();
            model.limits.events = EVENTS;
            let seed = RunSeed { seed: study.seed, replication: 0 };
            let second = SimDuration::from_secs(1);
            let plan = MeasurePlan::new(model.length, SimDuration::from_millis(10), second, &[]);
            let sampling = Sampling {
                choice: Choice::Spread,
                from: SimTime::ZERO,
                until: SimTime::MAX,
                client: None,
                calls: 500,
                spans: 20_000,
            };
            let (record, trace) = trace(&model, seed, &plan, &sampling);
            assert!(record == run(&model, seed, &plan), "{name}, {}", variant.name);
            for (place, span) in trace.spans.iter().enumerate() {
                assert!(span.start <= span.end, "{name}: {span:?}");
                let Some(parent) = span.parent else { continue };
                let above = &trace.spans[parent as usize];
                assert!((parent as usize) < place && above.call == span.call);
                assert!(above.start <= span.start, "{name}: {span:?} in {above:?}");
                let inside = |at| span.start <= at && at <= span.end;
                assert!(span.events.iter().all(|event| inside(event.at)), "{name}: {span:?}");
            }
        }
    }
}
