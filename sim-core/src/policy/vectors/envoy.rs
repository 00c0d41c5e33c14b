//! Envoy: windows of whole milliseconds.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::compare::{Unit, fails, holds, nth};
use super::name::parameter;
use super::{Entry, VectorOutcome};
use crate::policy::backoff::Backoff;
use crate::policy::backoff::envoy::Envoy as EnvoyBackoff;
use crate::policy::backoff::scripted::Always;

/// The section `envoy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Envoy {
    named: BTreeMap<String, Entry>,
}

impl Envoy {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for (name, entry) in &self.named {
            let parameters = (parameter(name, "B"), parameter(name, "max"));
            let (Some(windows), (Some(base), Some(max))) = (entry.numbers(), parameters) else {
                continue;
            };
            let ms = |number| Unit::Milliseconds.duration(number);
            let envoy = EnvoyBackoff { base_interval: ms(base), max_interval: Some(ms(max)) };
            outcomes.push(has_windows(name, &Backoff::Envoy(envoy), windows));
        }
    }
}

/// A window of `w` ms is the only one whose remainder of `w − 1` is that, and of `w` is zero.
fn has_windows(name: &str, backoff: &Backoff, windows: &[f64]) -> VectorOutcome {
    for (n, window) in (1..).zip(windows) {
        let longest = nth(backoff, n, Always(*window as u64 - 1));
        let wrapped = nth(backoff, n, Always(*window as u64));
        if !(Unit::Milliseconds.is(longest, window - 1.0) && wrapped.is_zero()) {
            return fails("envoy", name, format!("window {n} is not {window} ms"));
        }
    }
    holds("envoy", name)
}
