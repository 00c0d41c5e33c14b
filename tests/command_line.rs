//! The command line as a user meets it: output, files, exit codes, interruption.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use assert_cmd::Command;

fn squall(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("squall").unwrap();
    command.args(arguments).env_remove("RAYON_NUM_THREADS").current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const STORM: &str = "scenarios/library/retry-storm.toml";

/// A run of two variants that takes a second or two.
fn short_run(out: &Path, more: &[&str]) -> Output {
    squall(&short_run_arguments(out, more))
}

fn short_run_arguments<'a>(out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let out = out.to_str().unwrap();
    let run = ["run", STORM, "--out", out, "--replications", "2", "--set", "run.length=130s"];
    let variants = ["--variant", "full jitter", "--variant", "no jitter"];
    [&run[..], &variants, more].concat()
}

#[test]
fn a_run_without_charts_leaves_none_of_the_run_before() {
    let folder = tempfile::tempdir().unwrap();
    assert!(short_run(folder.path(), &["--set", "expect=[]"]).status.success());
    let chart = folder.path().join("charts/success.svg");
    assert!(chart.exists());
    let output = short_run(folder.path(), &["--set", "expect=[]", "--no-charts"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("\nResults are in "), "{}", text(&output.stdout));
    assert!(!chart.exists(), "a chart of another run lies among the results");
    assert!(folder.path().join("summary.csv").exists());
}

#[test]
fn a_run_prints_expectations_then_a_table_and_writes_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let output = short_run(folder.path(), &["--set", "expect=[]"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(printed.contains("full jitter") && printed.contains("no jitter"), "{printed}");
    assert!(!printed.contains("immediate"), "only the variants that were asked for");
    for file in [
        "summary.csv",
        "runs.csv",
        "timeseries.csv",
        "summary.json",
        "manifest.json",
        "charts/arrival-rate.svg",
        "charts/arrival-rate.png",
        "charts/peak-rate.svg",
        "charts/response-time.png",
        "charts/success.svg",
    ] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("journal") || name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let manifest = std::fs::read_to_string(folder.path().join("manifest.json")).unwrap();
    assert!(manifest.contains("squall run scenarios/library/retry-storm.toml"), "{manifest}");
}

#[test]
fn the_format_of_standard_output_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let csv = text(&short_run(folder.path(), &["--format", "csv", "--quiet"]).stdout);
    assert!(csv.starts_with("variant,measure,"), "{csv}");
    let json = text(&short_run(folder.path(), &["--format", "json", "--quiet"]).stdout);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
}

#[test]
fn a_missed_expectation_ends_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let missed = r#"expect=[{ variant = "no jitter", that = "peak_rate(payment, 1s, after(30s)) <= 1.2x baseline" }]"#;
    let output = short_run(folder.path(), &["--set", missed]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains('✗'), "{}", text(&output.stdout));
}

#[test]
fn a_run_that_runs_away_ends_with_6() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        short_run(folder.path(), &["--set", "run.limits={in_flight=50}", "--set", "expect=[]"]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stdout));
}

#[test]
fn bad_input_ends_with_2_and_says_where() {
    let output = squall(&["run", STORM, "--set", "clients.shop.lood=1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("lood"), "{}", text(&output.stderr));
    let output = squall(&["check", "no-such-file.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no-such-file.toml"));
    assert_eq!(squall(&["run", STORM, "--variant", "fuller jitter"]).status.code(), Some(2));
    assert_eq!(squall(&["run"]).status.code(), Some(2));
    assert_eq!(squall(&["run", STORM, "--threads", "0"]).status.code(), Some(2));
}

#[test]
fn an_unfinished_run_is_continued() {
    let without_expectations = ["--set", "expect=[]", "--format", "csv", "--threads", "1"];
    let folder = tempfile::tempdir().unwrap();
    let whole = short_run(folder.path(), &without_expectations);
    // A run may be done before it is killed: then another one is.
    let (again, journal) = (0..20)
        .find_map(|_| {
            let folder = tempfile::tempdir().unwrap();
            let run = std::process::Command::new(env!("CARGO_BIN_EXE_squall"))
                .args(short_run_arguments(folder.path(), &without_expectations))
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            killed_after_a_cell(run, folder.path()).map(|journal| (folder, journal))
        })
        .expect("one of 20 runs is killed before it is done");
    // The kill rarely tears a line, so one is torn by hand, after the last that is whole.
    let mut torn = std::fs::read_to_string(&journal).unwrap();
    torn.truncate(torn.rfind('\n').unwrap() + 1);
    torn.push_str("{\"point\":0,\"vari");
    std::fs::write(&journal, torn).unwrap();
    let continued = short_run(again.path(), &without_expectations);
    assert!(continued.status.success(), "{}", text(&continued.stderr));
    assert_eq!(text(&continued.stdout), text(&whole.stdout));
}

/// Kills a run that has written its header and a cell; the journal that is left behind, or
/// nothing if the run was done before.
fn killed_after_a_cell(mut run: Child, folder: &Path) -> Option<PathBuf> {
    let journal = || {
        std::fs::read_dir(folder).unwrap().find_map(|entry| {
            let path = entry.unwrap().path();
            (path.extension()? == "jsonl").then_some(path)
        })
    };
    let whole_lines = |path| {
        std::fs::read(path).map_or(0, |text| text.iter().filter(|byte| **byte == b'\n').count())
    };
    while run.try_wait().unwrap().is_none() {
        if journal().is_some_and(|path| whole_lines(path) >= 2) {
            run.kill().unwrap();
            run.wait().unwrap();
            return journal();
        }
    }
    None
}

#[test]
fn a_sweep_writes_one_table_and_a_heat_map() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let output = squall(&[
        "sweep",
        STORM,
        "--out",
        out,
        "--replications",
        "2",
        "--set",
        "run.length=130s",
        "--set",
        "expect=[]",
        "--variant",
        "full jitter",
        "--over",
        "policies.shop-to-payment.layers.retry.max_attempts=1..2",
        "--over",
        "clients.shop.load.open.rate=100/s,200/s",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = std::fs::read_to_string(folder.path().join("sweep.csv")).unwrap();
    assert!(table.lines().count() > 4, "{table}");
    let charts = std::fs::read_dir(folder.path().join("charts")).unwrap();
    let maps = charts
        .filter(|c| c.as_ref().unwrap().file_name().to_string_lossy().starts_with("heat-map"));
    assert!(maps.count() > 0);
}

#[test]
fn the_starter_is_a_good_scenario_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let file = file.to_str().unwrap();
    assert!(squall(&["new", file]).status.success());
    let checked = squall(&["check", file]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert_eq!(text(&checked.stderr), "", "and nothing is questionable in it");
    assert_eq!(squall(&["new", file]).status.code(), Some(2));
    let out = folder.path().join("out");
    let run = squall(&["run", file, "--out", out.to_str().unwrap(), "--replications", "5"]);
    assert!(run.status.success(), "{}", text(&run.stdout));
}

#[test]
fn everything_can_be_listed() {
    let all = text(&squall(&["list"]).stdout);
    for name in
        ["retry-storm", "exponential", "resilience4j", "refuse", "lognormal", "least-request"]
    {
        assert!(all.contains(name), "{name}: {all}");
    }
    assert!(text(&squall(&["list", "faults"]).stdout).contains("crash"));
    assert!(text(&squall(&["list", "exponential"]).stdout).contains("jitter"));
    let unknown = squall(&["list", "exponentail"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `exponential`"));
}

#[test]
fn the_library_is_listed_by_source_and_a_row_with_its_story() {
    let library = text(&squall(&["list", "library"]).stdout);
    for row in squall::library::LIBRARY {
        let (study, _) = squall::Scenario::of_library(row.name).unwrap().load().unwrap();
        let moral = if study.moral.is_empty() { study.title } else { study.moral };
        let is_line = |line: &str| {
            line.strip_prefix("    ").is_some_and(|line| line.starts_with(row.name))
                && line.ends_with(&moral)
        };
        let at = library.lines().position(is_line);
        let at = at.unwrap_or_else(|| panic!("{} is not listed: {library}", row.name));
        if !study.from.is_empty() {
            let before: Vec<&str> = library.lines().take(at).collect();
            let source = before.iter().rposition(|line| !line.starts_with("    ")).unwrap();
            assert_eq!(before[source].trim(), study.from, "{}", row.name);
        }
    }
    let row = text(&squall(&["list", "retry-storm"]).stdout);
    for said in [
        "400 clients calls a payment service",
        "  Variants\n",
        "    synchronised start\n",
        "squall run ",
    ] {
        assert!(row.contains(said), "{said}: {row}");
    }
    // A kind and a row of nearly the same name are shown both.
    let both = text(&squall(&["list", "bulkheads"]).stdout);
    assert!(both.contains("(bulkhead)\n") && both.contains("bulkheads (library)\n"), "{both}");
}

#[test]
fn a_row_of_the_library_is_copied_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let file = file.to_str().unwrap();
    assert!(squall(&["new", "--from", "retry-storm", file]).status.success());
    let copy = std::fs::read_to_string(file).unwrap();
    let (first, rest) = copy.split_once('\n').unwrap();
    assert!(first.starts_with("# Copied from `retry-storm`"), "{first}");
    assert!(first.contains(env!("CARGO_PKG_VERSION")), "{first}");
    assert_eq!(
        rest,
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(STORM)).unwrap()
    );
    assert!(squall(&["check", file]).status.success());
    let again = squall(&["new", "--from", "retry-storm", file]);
    assert_eq!(again.status.code(), Some(2), "what is there is left alone");
    let unknown = squall(&["new", "--from", "retry-strom", "other.toml"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("did you mean `retry-storm`"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn the_schema_is_a_schema() {
    let schema: serde_json::Value = serde_json::from_slice(&squall(&["schema"]).stdout).unwrap();
    assert!(schema["properties"]["services"].is_object());
}

#[test]
fn a_benchmark_gives_its_figures_beside_the_yardstick_and_the_right_answers() {
    let output =
        squall(&["bench", "--quick", "--only", "mm1", "--repeat", "2", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results["right"], true);
    let models = results["models"].as_array().unwrap();
    assert_eq!(models.len(), 1);
    assert_eq!(models[0]["name"], "mm1");
    assert!(models[0]["ratio"]["median"].as_f64().unwrap() > 0.0);
    for side in ["squall", "yardstick"] {
        let side = &models[0][side];
        assert!(side["ns"]["median"].as_f64().unwrap() > 0.0);
        assert!(side["events_per_s"].as_f64().unwrap() > 0.0);
        let answers = side["answers"].as_array().unwrap();
        let time = answers.iter().find(|a| a["name"] == "mean time in the system").unwrap();
        assert!((time["theory"].as_f64().unwrap() - 10.0).abs() < 1e-9, "{time}");
        let off = time["value"].as_f64().unwrap() - 10.0;
        assert!(off.abs() <= time["tolerance"].as_f64().unwrap(), "{time}");
    }
}

#[test]
fn a_benchmark_prints_tables_and_knows_its_models() {
    let arguments = ["bench", "--quick", "--only", "hold-1k", "--repeat", "1", "--format"];
    let printed = |format| text(&squall(&[&arguments[..], &[format]].concat()).stdout);
    assert!(printed("table").contains("events out of order"), "{}", printed("table"));
    assert!(printed("markdown").contains("| hold-1k | event |"), "{}", printed("markdown"));
    let unknown = squall(&["bench", "--only", "mm2"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `mm1`"), "{}", text(&unknown.stderr));
}

#[test]
fn a_benchmark_says_what_memory_a_load_takes() {
    let output = squall(&["bench", "--footprint", "pending-events"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    if cfg!(target_os = "linux") {
        let numbers: Vec<u64> = printed.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let [peak, growth, count] = numbers[..] else { panic!("{printed}") };
        assert_eq!(count, 1_000_000);
        // An event and its time are 16 bytes, whatever else is around them.
        assert!(growth >= 16 * count && peak > growth, "{printed}");
    }
}
