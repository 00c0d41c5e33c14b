//! `docs/reference/` matches the code. After a change: `SQUALL_BLESS=1 cargo test --test reference`.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

fn holds(page: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(page);
    if std::env::var_os("SQUALL_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == content,
        "docs/reference/{page} is stale; SQUALL_BLESS=1 cargo test --test reference"
    );
}

fn help(command: &[&str]) -> String {
    let mut squall = Command::new(env!("CARGO_BIN_EXE_squall"));
    let output =
        squall.args(command).arg("--help").env_remove("RAYON_NUM_THREADS").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_of_the_scenario_file_is_current() {
    holds("scenario.md", &squall::reference::scenario_page());
}

#[test]
fn the_schema_is_current() {
    holds("scenario.schema.json", &format!("{:#}\n", scenarios::schema()));
}

#[test]
fn the_catalogue_is_current() {
    holds("catalogue.md", &squall::reference::catalogue_page());
}

#[test]
fn the_page_of_the_command_line_is_current() {
    let mut page = String::from("# The command line\n\nGenerated from `squall --help`.\n");
    page.push_str(&format!("\n```text\n{}\n```\n", help(&[])));
    let commands = [
        "run", "sweep", "test", "trace", "check", "list", "claims", "docs", "new", "schema",
        "validate", "bench",
    ];
    for command in commands {
        page.push_str(&format!("\n## `squall {command}`\n\n```text\n{}\n```\n", help(&[command])));
    }
    holds("command-line.md", &page);
}
