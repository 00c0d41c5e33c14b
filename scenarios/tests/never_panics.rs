//! Whatever the bytes are, reading them ends with a study or with messages, never with a panic,
//! and every message has a place that exists.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

use proptest::prelude::*;
use scenarios::expectation::parse;
use scenarios::{FileError, FileSource, Override, load};

const GOOD: &[&str] = &[include_str!("valid/design.toml"), include_str!("valid/everything.toml")];

/// The files that `everything.toml` names.
struct Beside;

impl FileSource for Beside {
    fn read(&self, relative: &str) -> Result<Vec<u8>, FileError> {
        match relative {
            "rates.csv" => Ok(b"time_s,rate_per_s\n10,50\n20,100\n".to_vec()),
            "demand.csv" => Ok(b"demand_ms\n5\n7\n90\n".to_vec()),
            _ => Err(FileError::Missing(relative.to_owned())),
        }
    }
}

fn survives(bytes: &[u8], overrides: &[Override]) {
    let found = match load("file.toml", bytes, &Beside, overrides) {
        Ok((_, warnings)) => {
            assert_eq!(warnings.errors(), 0);
            warnings
        }
        Err(wrong) => {
            assert!(wrong.errors() > 0, "an error without a message");
            wrong
        }
    };
    for diagnostic in found.iter() {
        if let Some(place) = found.place(diagnostic) {
            assert!(place.line >= 1 && place.column >= 1);
        }
    }
    let text = found.render(false);
    assert!(!text.contains('\u{1b}') || bytes.contains(&0x1b), "colour in plain text: {text}");
    let _ = found.render(true);
}

/// Pieces of the format, valid and not, to put together and to put in.
const PIECES: &[&str] = &[
    "[run]\n",
    "length = \"60s\"\n",
    "warmup = \"-1s\"\n",
    "[clients.a]\n",
    "[[faults]]\n",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'''",
    "= ",
    ",",
    ".",
    "\n",
    "\r\n",
    "#",
    "load = { open = { rate = \"1/s\" } }\n",
    "call = { to = \"b\" }\n",
    "[services.b]\n",
    "steps = [{ call = { to = \"b\" } }]\n",
    "steps = [{ work = \"exp(1ms)\" }]\n",
    "[[variants]]\n",
    "name = \"v\"\n",
    "set = { \"run.length\" = 1 }\n",
    "[[expect]]\n",
    "that = \"rate(b) > 1/s\"\n",
    "é",
    "\u{1F980}",
    "\0",
    "title = \"t\"\n",
    "1e999",
    "nan",
    "0x",
    "1979-05-27",
    "a.b.c = 1\n",
    "true",
    "\\u0000",
    "-",
    "->",
    "policies.p.layers = [{ timeout = \"0s\" }]\n",
    "[rows]\n",
    "[links.\"a->b\"]\n",
    "99999999999999999999",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// A good file with some ranges replaced.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..30_usize, prop::sample::select(PIECES));
    (prop::sample::select(GOOD), prop::collection::vec(change, 1..6)).prop_map(|(text, changes)| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, length, piece) in changes {
            let start = at.index(bytes.len() + 1);
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, piece.bytes());
        }
        bytes
    })
}

/// A good file with the lines in which something is set exchanged among themselves.
fn shuffled() -> impl Strategy<Value = String> {
    (prop::sample::select(GOOD), any::<prop::sample::Index>(), any::<prop::sample::Index>())
        .prop_map(|(text, a, b)| {
            let mut lines: Vec<&str> = text.lines().collect();
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
            lines.join("\n")
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survives(&bytes, &[]);
    }

    #[test]
    fn random_text(text in "\\PC{0,200}") {
        survives(text.as_bytes(), &[]);
    }

    #[test]
    fn pieces_of_the_format(text in pieces()) {
        survives(text.as_bytes(), &[]);
    }

    #[test]
    fn mutations_of_good_files(bytes in mutated()) {
        survives(&bytes, &[]);
    }

    #[test]
    fn exchanged_lines(text in shuffled()) {
        survives(text.as_bytes(), &[]);
    }

    #[test]
    fn random_overrides(path in "[a-z.\" ->0-9]{0,30}", value in "\\PC{0,20}", pieces in pieces()) {
        let overrides = [
            Override::new(&path, &value),
            Override::new("run.length", &pieces),
            Override::new("policies.three-tries.layers.retry", &value),
        ];
        survives(GOOD[1].as_bytes(), &overrides);
        if let Ok(parsed) = Override::parse(&format!("{path}={value}")) {
            survives(GOOD[0].as_bytes(), &[parsed]);
        }
    }

    #[test]
    fn random_expectations(text in "[a-z0-9 ()<>=,.:x%/_\"'é-]{0,60}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.range.clone()).is_some(), "{:?} in {:?}", error, text);
        }
    }

    #[test]
    fn expectations_of_pieces(words in prop::collection::vec(prop::sample::select(&[
        "peak_rate", "rate", "p99", "(", ")", "shop", "a->b", ":timeout", ",", "1s", "after", "(30s)", "<=",
        "==", "before", "4.5", "x", "baseline", "in", "95%", "of", "runs", "verdict", "recovered", " ",
        "time_to_recover", "\"v w\"", "400/s", "250ms",
    ][..]), 0..14)) {
        let text = words.concat();
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.range.clone()).is_some(), "{:?} in {:?}", error, text);
        }
    }
}

/// Files of a megabyte, each of which would take very long if something were done with each pair
/// of its entries.
#[test]
fn large_files_end_soon() {
    let head = "title = \"large\"\n[run]\nlength = \"60s\"\n";
    let many = |head: &str, entry: &dyn Fn(usize) -> String| {
        let mut text = head.to_owned();
        for n in 0.. {
            let entry = entry(n);
            if text.len() + entry.len() > 1024 * 1024 {
                return text;
            }
            text.push_str(&entry);
        }
        text
    };
    let design = GOOD[0];
    let files = [
        many("", &|n| format!("key{n} = {n}\n")),
        many(head, &|n| {
            format!("[services.s{n}]\nsteps = [{{ call = {{ to = \"s{}\" }} }}]\n", n + 1)
        }),
        many(design, &|n| {
            format!("[[variants]]\nname = \"{n}\"\nset = {{ \"run.length\" = \"{n}s\" }}\n")
        }),
        many(design, &|n| format!("[[expect]]\nthat = \"rate(payment{n}) <= {n}/s\"\n")),
        many(design, &|n| format!("[policies.p{n}]\nlayers = [{{ timeout = \"{n}s\" }}]\n")),
        many(&format!("{design}\n[services.big]\nsteps = [\n"), &|_| {
            "{ work = \"1ms\" },\n".to_owned()
        }),
        many(&format!("{design}\n[services.big]\nsteps = [{{ work = \"mix("), &|_| {
            "0.1: 1ms, ".to_owned()
        }),
        many(&format!("{design}\n[services.big]\nsteps = [{{ work = \""), &|_| {
            "mix(1: ".to_owned()
        }),
        many("", &|_| "[".to_owned()),
        many("a", &|_| ".a".to_owned()),
        many("x = \"", &|_| "\u{1F980}".to_owned()),
        many("", &|_| "= \"\n".to_owned()),
    ];
    for text in files {
        survives(text.as_bytes(), &[]);
    }
}
