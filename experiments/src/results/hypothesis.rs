//! What a hypothesis came to.

pub use scenarios::expectation::Finding;
pub use scenarios::study::ProbePhase;
use serde::{Deserialize, Serialize};

/// The hypothesis over the runs of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HypothesisResult {
    /// What is claimed.
    pub title: String,
    /// What became of it.
    pub finding: Finding,
    /// What became of it in each run, judged on its own.
    pub runs: FindingCounts,
    /// Its probes, in the order of the file.
    pub probes: Vec<ProbeResult>,
}

/// A probe over the runs of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// Its name.
    pub name: String,
    /// What has to hold, as the file states it.
    pub that: String,
    /// One entry a phase in which it is checked, in the order of time.
    pub checks: Vec<ProbeCheck>,
}

/// A probe in one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeCheck {
    /// The phase.
    pub phase: ProbePhase,
    /// Whether it held.
    pub answer: Answer,
    /// What was measured, in words: `0.1% ± 0.02 (control 0.1%), n=30`.
    pub measured: String,
    /// Of what did not hold: why.
    pub explanation: Option<String>,
}

/// Whether a probe held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It did.
    Held,
    /// It did not.
    Refuted,
    /// The runs are too few to tell, or there was nothing to measure.
    Undecided,
}

/// In how many runs a hypothesis, judged on that run alone, came to each finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCounts {
    /// Confirmed.
    pub confirmed: u32,
    /// Refuted.
    pub refuted: u32,
    /// Not steady before any fault.
    pub not_steady: u32,
    /// Undecided.
    pub undecided: u32,
}

impl FindingCounts {
    /// Counts a run.
    pub fn add(&mut self, finding: Finding) {
        *match finding {
            Finding::Confirmed => &mut self.confirmed,
            Finding::Refuted => &mut self.refuted,
            Finding::NotSteady => &mut self.not_steady,
            Finding::Undecided => &mut self.undecided,
        } += 1;
    }

    /// The counts with their findings, the best first.
    pub fn each(&self) -> [(Finding, u32); 4] {
        [
            (Finding::Confirmed, self.confirmed),
            (Finding::Refuted, self.refuted),
            (Finding::NotSteady, self.not_steady),
            (Finding::Undecided, self.undecided),
        ]
    }
}

/// The name of a finding for people.
pub fn finding_name(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "confirmed",
        Finding::Refuted => "refuted",
        Finding::NotSteady => "not steady before",
        Finding::Undecided => "undecided",
    }
}

/// The name of a phase of the probes.
pub fn probe_phase_name(phase: ProbePhase) -> &'static str {
    match phase {
        ProbePhase::Before => "before",
        ProbePhase::During => "during",
        ProbePhase::After => "after",
    }
}
