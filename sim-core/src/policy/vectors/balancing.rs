//! Finagle's peak-sensitive average. (What two choices do is prose, and has tests of its own.)

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, fails, holds};
use super::name::parameter;
use crate::kernel::SimTime;
use crate::policy::balancing::peak_ewma::Meter;

/// The section `load_balancing`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Balancers {
    peak_ewma: Option<PeakEwma>,
}

#[derive(Clone, Debug, Deserialize)]
struct PeakEwma {
    decay_s: f64,
    events: Vec<Event>,
}

/// What is asked or told at a time, in seconds.
#[derive(Clone, Debug, Deserialize)]
struct Event {
    t: f64,
    op: String,
    /// The load that was answered.
    value: Option<f64>,
    /// The average after a response.
    cost: Option<f64>,
}

impl Balancers {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        let Some(vector) = &self.peak_ewma else { return };
        outcomes.push(match vector.differs() {
            None => holds("finagle", "PeakEwma"),
            Some(detail) => fails("finagle", "PeakEwma", detail),
        });
    }
}

/// The vector counts in seconds, but for the penalty, which is a number.
const NANOS: f64 = 1e9;

impl PeakEwma {
    fn differs(&self) -> Option<String> {
        let mut meter = Meter::new(Unit::Seconds.duration(self.decay_s));
        for (number, event) in (1..).zip(&self.events) {
            let now = SimTime::ZERO + Unit::Seconds.duration(event.t);
            let same = |ours: f64, theirs: f64| {
                let seconds = (ours / NANOS - theirs).abs() < 1e-9 * theirs.max(1.0);
                seconds || ours == theirs
            };
            if let Some(rtt) = parameter(&event.op, "rtt") {
                meter.observe(now, Unit::Seconds.duration(rtt));
                let cost = event.cost?;
                if !same(meter.cost(), cost) {
                    return Some(format!("event {number}: {}, not {cost}", meter.cost() / NANOS));
                }
            } else {
                // The vector does not say how many are outstanding; none, one or two are.
                let value = event.value?;
                if !(0..=2).any(|outstanding| same(meter.load(now, outstanding), value)) {
                    return Some(format!("event {number}: no load is {value}"));
                }
            }
        }
        None
    }
}
