//! Throttles that learn.

use rand::Rng;
use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{fails, holds};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::Outcome;
use crate::policy::backoff::scripted::{Always, HIGHEST};
use crate::policy::gate::{Answer, Ending, Gate, Released, Ticket};
use crate::policy::throttle::envoy_admission_control::EnvoyAdmissionControl;
use crate::policy::throttle::google::Google;
use crate::policy::throttle::{Side, Throttle, ThrottleGate};

/// The throttles of the section `load_shedding`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LoadShedding {
    google_adaptive_throttling: GoogleVectors,
    envoy_admission_control: EnvoyVectors,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct GoogleVectors {
    vectors: Vec<GoogleVector>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct EnvoyVectors {
    vectors: Vec<EnvoyVector>,
}

#[derive(Clone, Debug, Deserialize)]
struct GoogleVector {
    requests: u64,
    accepts: u64,
    #[serde(rename = "K")]
    k: f64,
    p: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct EnvoyVector {
    total: u64,
    success: u64,
    thr: f64,
    aggr: f64,
    p: f64,
}

impl LoadShedding {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        outcomes.extend(self.google_adaptive_throttling.vectors.iter().map(GoogleVector::run));
        outcomes.extend(self.envoy_admission_control.vectors.iter().map(EnvoyVector::run));
    }
}

impl GoogleVector {
    /// Given with eight decimals at least.
    const TOLERANCE: f64 = 1e-8;

    fn run(&self) -> VectorOutcome {
        let throttle = Throttle::Google(Google { k: self.k, ..Google::default() });
        let gate = after(&throttle, self.requests, self.accepts, HIGHEST);
        compare("google-throttling", format!("{self:?}"), gate, self.p, Self::TOLERANCE)
    }
}

impl EnvoyVector {
    /// Given with five decimals at least.
    const TOLERANCE: f64 = 1e-6;
    /// A draw that lets every call through.
    const LETS_THROUGH: Always = Always(9_999);

    fn run(&self) -> VectorOutcome {
        let throttle = Throttle::EnvoyAdmissionControl(EnvoyAdmissionControl {
            success_rate_threshold: self.thr,
            aggression: self.aggr,
            ..EnvoyAdmissionControl::default()
        });
        let gate = after(&throttle, self.total, self.success, Self::LETS_THROUGH);
        compare("envoy-admission-control", format!("{self:?}"), gate, self.p, Self::TOLERANCE)
    }
}

/// The throttle after so many calls at one instant, of which so many were good; `None` if it
/// turned one of them away.
fn after(throttle: &Throttle, calls: u64, good: u64, mut draws: impl Rng) -> Option<ThrottleGate> {
    let mut gate = throttle.start(SimTime::ZERO).on(Side::Caller);
    for call in 0..calls {
        let Answer::Admit(pass) = gate.ask(SimTime::ZERO, Ticket(call), &mut draws) else {
            return None;
        };
        let outcome = if call < good { Outcome::Ok } else { Outcome::Overflow };
        let ending = Ending { outcome, took: SimDuration::ZERO };
        gate.ended(SimTime::ZERO, pass, ending, &mut Released::new());
    }
    Some(gate)
}

fn compare(
    library: &'static str,
    name: String,
    gate: Option<ThrottleGate>,
    theirs: f64,
    tolerance: f64,
) -> VectorOutcome {
    let Some(mut gate) = gate else { return fails(library, name, "turned a call away") };
    let ours = gate.probability(SimTime::ZERO);
    match (ours - theirs).abs() <= tolerance {
        true => holds(library, name),
        false => fails(library, name, format!("{ours}, not {theirs}")),
    }
}
