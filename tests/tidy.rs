//! Properties of the code itself that no compiler holds: the floors inside `sim-core`, the length
//! of files, what must not be in the repository.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder of the repository, build results left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "results", ".git"].contains(&name.as_str()) {
                found.extend(files(&path));
            }
        } else {
            found.push(path);
        }
    }
    found
}

fn rust_files(folder: &str) -> Vec<(String, String)> {
    let files = files(&root().join(folder));
    let rust = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(&path).unwrap())
    })
    .collect()
}

#[test]
fn each_floor_of_the_core_imports_only_floors_below_it() {
    let floors = ["kernel", "stats", "policy", "model"];
    let mut wrong = Vec::new();
    for (height, floor) in floors.iter().enumerate() {
        for (name, text) in rust_files(&format!("sim-core/src/{floor}")) {
            for above in &floors[height + 1..] {
                let import = format!("crate::{above}");
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                if code.clone().any(|line| line.contains(&import)) {
                    wrong.push(format!("{name} ({floor}) imports {above}, which lies above it"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_and_the_language_touch_nothing_outside() {
    let outside = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "std::thread",
        "Instant::now",
        "SystemTime",
    ];
    let mut wrong = Vec::new();
    for folder in ["sim-core/src", "scenarios/src"] {
        for (name, text) in rust_files(folder) {
            let product = text.split("#[cfg(test)]").next().unwrap_or("");
            for line in product.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let touched = outside.iter().filter(|what| line.contains(*what));
                wrong.extend(touched.map(|what| format!("{name} touches {what}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file that is longer holds more than one idea.
const MOST_LINES: usize = 500;

#[test]
fn no_file_is_too_long_to_hold_one_idea() {
    let mut wrong = Vec::new();
    for folder in ["sim-core", "scenarios", "experiments", "reports", "src", "tests"] {
        for (name, text) in rust_files(folder) {
            let lines = text.lines().count();
            if lines > MOST_LINES {
                wrong.push(format!("{name} has {lines} lines"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_names_a_machine_or_is_left_undone() {
    // Written in pieces, so that this file does not find itself.
    let marks = [
        concat!("/", "work/"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("#[ig", "nore"),
    ];
    let mut wrong = Vec::new();
    for path in files(root()) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        for (number, line) in text.lines().enumerate() {
            let found = marks.iter().filter(|mark| line.contains(*mark));
            wrong.extend(found.map(|mark| format!("{name}:{}: {mark}", number + 1)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
