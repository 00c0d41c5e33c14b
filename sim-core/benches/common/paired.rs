//! Paired measurement: the subject and its yardstick take turns in one process, so that whatever
//! slows the machine down slows down both, and the ratio holds from machine to machine.

use std::time::Instant;

/// How often each of the two should run.
pub(crate) const ROUNDS: usize = 9;

/// Runs `yardstick` and `subject` in turn, so often, and prints the median time per operation of each, and
/// the median of the ratios. Each says how many operations it has done.
///
/// With `--test` on the command line both run once, and nothing is measured; an argument that is
/// no option picks the comparisons whose name contains it.
pub(crate) fn compare(
    name: &str,
    rounds: usize,
    mut yardstick: impl FnMut() -> u64,
    mut subject: impl FnMut() -> u64,
) {
    if !is_picked(name) {
        return;
    }
    let rounds = if is_test() { 1 } else { rounds };
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    for round in 0..rounds {
        // Neither always comes first.
        let first = (round % 2 == 0).then(|| nanos_each(&mut yardstick));
        let ours = nanos_each(&mut subject);
        pairs.push((first.unwrap_or_else(|| nanos_each(&mut yardstick)), ours));
    }
    let theirs = median(pairs.iter().map(|(theirs, _)| *theirs));
    let ours = median(pairs.iter().map(|(_, ours)| *ours));
    let ratio = median(pairs.iter().map(|(theirs, ours)| ours / theirs));
    println!("{name:<44} {ours:>8.1} ns   heap {theirs:>8.1} ns   ratio {ratio:.3}");
}

/// Whether the command line asks for this comparison.
pub(crate) fn is_picked(name: &str) -> bool {
    let mut wanted = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let first = wanted.next();
    first.is_none_or(|first| std::iter::once(first).chain(wanted).any(|part| name.contains(&part)))
}

/// Whether the command line asks only whether the benchmark works.
pub(crate) fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

// The engine has no clock; who measures it needs one.
#[allow(clippy::disallowed_methods)]
fn nanos_each(run: &mut impl FnMut() -> u64) -> f64 {
    let start = Instant::now();
    let operations = run();
    start.elapsed().as_nanos() as f64 / operations as f64
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
