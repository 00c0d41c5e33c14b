//! What `README.md` shows is true: its scenario is good, its commands are understood.

#![allow(clippy::unwrap_used)]

use scenarios::{NoFiles, load};

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// The blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let mut parts = readme.split("```");
    let mut found = Vec::new();
    parts.next();
    while let Some(block) = parts.next() {
        if let Some(text) = block.strip_prefix(&format!("{language}\n")) {
            found.push(text.to_owned());
        }
        parts.next();
    }
    found
}

#[test]
fn its_scenario_is_good() {
    let scenarios = blocks("toml");
    assert_eq!(scenarios.len(), 1);
    let (study, warnings) = load("readme.toml", scenarios[0].as_bytes(), &NoFiles, &[]).unwrap();
    assert_eq!(study.variants.len(), 2);
    assert!(warnings.is_empty(), "{warnings}");
}

#[test]
fn its_message_is_the_one_that_is_shown() {
    let broken = blocks("toml")[0].replace("instances = 4", "instnces = 4");
    let found = load("storm.toml", broken.as_bytes(), &NoFiles, &[]).unwrap_err();
    let shown = &blocks("text")[0];
    assert_eq!(found.render(false).trim_end(), shown.trim_end());
}

#[test]
fn its_commands_are_understood() {
    let commands: Vec<String> = blocks("sh")
        .iter()
        .flat_map(|b| b.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(commands.iter().any(|c| c == "cargo test --workspace"), "CI runs this very command");
    let ci = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/run")).unwrap();
    assert!(ci.contains("\ncargo test --workspace\n"));
    for command in commands.iter().filter_map(|c| c.strip_prefix("cargo run --release -- ")) {
        let words: Vec<&str> = command.split_whitespace().collect();
        assert!(ci.contains(&words[..2].join(" ")) || words[0] == "sweep", "CI runs `{command}`");
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(words[1]).exists());
    }
}

#[test]
fn its_regression_test_is_the_one_of_the_crate() {
    let library =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")).unwrap();
    let code = &blocks("rust")[0];
    for line in code.lines().filter(|line| line.contains(".variant(") || line.contains(".assert("))
    {
        assert!(library.contains(line.trim()), "the doc test runs `{}`", line.trim());
    }
}
