//! Why a term cannot be measured.

use sim_core::kernel::SimDuration;

/// Why a term cannot be measured in a model; found before anything runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// The name is none of the model's.
    #[error("there is no `{name}` to measure; there are {}", list(known))]
    UnknownSubject {
        /// The name.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The aggregation makes nothing of the quantity.
    #[error("{aggregation} does not go with `{subject}`: {hint}")]
    NotMeasured {
        /// The aggregation.
        aggregation: &'static str,
        /// The subject with its quantity.
        subject: String,
        /// What does go.
        hint: &'static str,
    },
    /// A peak without its window.
    #[error("a peak needs a window: write peak_rate({subject}, 1s, …)")]
    NoWindow {
        /// The subject.
        subject: String,
    },
    /// A window that is no whole number of the finest bins.
    #[error("a window of {window} cannot be counted: it has to be a whole number of milliseconds")]
    Window {
        /// The window.
        window: SimDuration,
    },
    /// A window for something that has none.
    #[error("only a peak has a window; leave the {window} out")]
    NeedlessWindow {
        /// The window.
        window: SimDuration,
    },
    /// The runs have no such phase.
    #[error("the run has no phase `{phase}`: {hint}")]
    NoPhase {
        /// The phase.
        phase: String,
        /// Why.
        hint: &'static str,
    },
    /// The utilization of something without a limit.
    #[error("`{subject}` has a pool without a limit on its workers, so it has no utilization")]
    NoLimit {
        /// The service or endpoint.
        subject: String,
    },
    /// The amplification of a service that no client reaches.
    #[error("no client's calls reach `{subject}`, so it has no amplification")]
    Unreached {
        /// The service or endpoint.
        subject: String,
    },
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}
