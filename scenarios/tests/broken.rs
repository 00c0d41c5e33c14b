//! Files that are wrong, each with the message that it gets.
//!
//! A new one is a file in `tests/broken/`; its message is in `tests/snapshots/`.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

use std::path::Path;

use scenarios::{FileError, FileSource, NoFiles, Override, load};

/// The message that a file gets; that it gets one is part of the test.
fn message(name: &str, bytes: &[u8], overrides: &[&str]) -> String {
    let overrides: Vec<Override> = overrides.iter().map(|o| Override::parse(o).unwrap()).collect();
    match load(name, bytes, &NoFiles, &overrides) {
        Ok((study, _)) => panic!("{name} was accepted: {study:?}"),
        Err(wrong) => {
            assert!(wrong.errors() > 0, "{wrong}");
            wrong.to_string()
        }
    }
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_broken_file_gets_its_message() {
    let files = files("broken");
    assert!(files.len() >= 40, "only {} files were found", files.len());
    for (name, bytes) in files {
        let snapshot = name.trim_end_matches(".toml").to_owned();
        insta::assert_snapshot!(snapshot, message(&name, &bytes, &[]));
    }
}

#[test]
fn every_trap_gets_its_warning() {
    for (name, bytes) in files("traps") {
        let (_, warnings) =
            load(&name, &bytes, &NoFiles, &[]).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        assert!(warnings.warnings() > 0, "{name}");
        let snapshot = format!("trap_{}", name.trim_end_matches(".toml"));
        insta::assert_snapshot!(snapshot, warnings.to_string());
    }
}

const GOOD: &str = include_str!("broken/misspelt_key.toml");

fn good() -> String {
    GOOD.replace("capasity", "capacity")
}

#[test]
fn what_is_no_text_gets_its_message() {
    insta::assert_snapshot!("empty_file", message("empty.toml", b"", &[]));
    insta::assert_snapshot!("blank_file", message("blank.toml", b" \n\t\n", &[]));
    let latin1 = b"title = \"x\"\n# gr\xfc\xdfe\n";
    insta::assert_snapshot!("not_utf8", message("latin1.toml", latin1, &[]));
    let large = vec![b'#'; 100 * 1024 * 1024];
    insta::assert_snapshot!("too_large", message("large.toml", &large, &[]));
    let deep = format!("title = {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep = message("deep.toml", deep.as_bytes(), &[]);
    assert!(deep.contains("not TOML"), "{deep}");
}

#[test]
fn what_is_set_from_outside_is_pointed_at_in_the_argument() {
    let good = good();
    let set = |overrides: &[&str]| message("good.toml", good.as_bytes(), overrides);
    insta::assert_snapshot!(
        "set_from_outside",
        set(&[
            "run.lenght=60s",
            "run.warmup=soon",
            "services.payment.pools.main.workers=-1",
            "clients.shop.call.to = billing",
            "policies.patient.layers.0.timeout=2",
        ])
    );
}

/// Files by name.
struct Given(&'static [(&'static str, &'static str)]);

impl FileSource for Given {
    fn read(&self, relative: &str) -> Result<Vec<u8>, FileError> {
        let found = self.0.iter().find(|(name, _)| *name == relative);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or(FileError::Missing(relative.into()))
    }
}

#[test]
fn unusable_files_beside_the_scenario_get_their_message() {
    let text = good()
        .replace("rate = \"400/s\"", "replay = \"rates.csv\"")
        .replace("exp(20ms)", "empirical(demand.csv)");
    let given =
        Given(&[("rates.csv", "time_s,rate_per_s\n0,100\n5,fast\n"), ("demand.csv", "ms\n")]);
    let wrong = load("files.toml", text.as_bytes(), &given, &[]).unwrap_err();
    insta::assert_snapshot!("unusable_files", wrong.to_string());
}
