//! What `CONTRIBUTING.md` shows of the worked examples is what the tests of the core compile.

#![allow(clippy::unwrap_used)]

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn it_shows_the_worked_examples_as_they_are_compiled() {
    let guide = read("CONTRIBUTING.md");
    for (example, place, kept) in [
        ("doubling.rs", "sim-core/src/policy/backoff", "sim-core/src/policy/backoff/tests.rs"),
        (
            "our_client.rs",
            "sim-core/src/policy/breaker/preset",
            "sim-core/src/policy/breaker/preset/mod.rs",
        ),
    ] {
        let code = read(&format!("docs/examples/{example}"));
        assert!(guide.contains(&format!("```rust\n{code}```")), "{example} is shown as it is");
        assert!(guide.contains(&format!("`{place}/{example}`")), "its place is named");
        let table = read(&format!("{place}/mod.rs"));
        let module = example.trim_end_matches(".rs");
        assert!(table.contains(&format!("docs/examples/{example}\"]")), "it is compiled there");
        let row = guide.lines().find(|line| line.contains(&format!("({module}::"))).unwrap();
        assert!(read(kept).contains(row), "so is its row: {row}");
    }
}
