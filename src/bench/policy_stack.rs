//! Policy stack: the retry client under more and more layers, none of which holds a call back:
//! `scenarios/bench/policy-stack.toml`. Its answers are the retry client's.

use super::model::Run;
use super::retry_client::{Answered, RetryClient};
use super::scenario::Prepared;
use super::stopwatch::timed;
use super::yardstick;

const TEXT: &str = include_str!("../../scenarios/bench/policy-stack.toml");

/// The clients of the file.
const CLIENTS: RetryClient = RetryClient { clients: 400 };

/// A variant of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct PolicyStack {
    /// Its name.
    pub(super) variant: &'static str,
}

impl PolicyStack {
    pub(super) fn on_squall(self, length_s: f64) -> Result<Run, String> {
        let set = [("run.length", format!("{length_s}s"))];
        let prepared = Prepared::variant_of("policy-stack", TEXT, &set, Some(self.variant))?;
        let measured = prepared.run()?;
        let answered = Answered::of(&measured, length_s)?;
        Ok(Run { took: measured.took, ..CLIENTS.judged(&answered) })
    }

    pub(super) fn on_yardstick(self, length_s: f64) -> Run {
        let (took, answered) = timed(|| yardstick::retry_client::run(CLIENTS, length_s));
        Run { took, ..CLIENTS.judged(&answered) }
    }
}
