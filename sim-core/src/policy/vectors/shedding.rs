//! Folly's CoDel and Facebook's queue timeout.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, fails, holds};
use crate::kernel::SimTime;
use crate::policy::shedding::adaptive_timeout::AdaptiveTimeout;
use crate::policy::shedding::codel::Codel;
use crate::policy::shedding::{Entry, Manage, Shedder, Shedding, Verdict};

/// The section `load_shedding`, as far as it is about queues.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Queues {
    folly_codel: Vec<CodelVector>,
    facebook_queue_timeout: Facebook,
}

#[derive(Clone, Debug, Deserialize)]
struct CodelVector {
    name: String,
    config: CodelConfig,
    events: Vec<CodelEvent>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct CodelConfig {
    interval_ms: f64,
    target_ms: f64,
    interval_end_initial_ms: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct CodelEvent {
    now_ms: f64,
    queue_delay_ms: f64,
    shed: bool,
    overloaded_flag: Option<bool>,
    min_delay: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Facebook {
    vectors: Vec<FacebookVector>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct FacebookVector {
    now: f64,
    last_empty: f64,
    timeout_ms: f64,
}

impl Queues {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        for vector in &self.folly_codel {
            outcomes.push(match vector.differs() {
                None => holds("folly", &vector.name),
                Some(detail) => fails("folly", &vector.name, detail),
            });
        }
        for vector in &self.facebook_queue_timeout.vectors {
            let name = format!("queue timeout ({}, empty at {})", vector.now, vector.last_empty);
            let timeout = vector.timeout_ms();
            outcomes.push(match timeout == Some(vector.timeout_ms) {
                true => holds("facebook", name),
                false => fails("facebook", name, format!("{timeout:?}")),
            });
        }
    }
}

fn at(ms: f64) -> SimTime {
    SimTime::ZERO + Unit::Milliseconds.duration(ms)
}

impl CodelVector {
    fn differs(&self) -> Option<String> {
        let duration = |ms| Unit::Milliseconds.duration(ms);
        let CodelConfig { interval_ms, target_ms, interval_end_initial_ms } = self.config;
        let codel = Codel { interval: duration(interval_ms), target: duration(target_ms) };
        let Shedder::Codel(mut state) = Shedding::Codel(codel).shedder() else {
            return Some("not a codel".into());
        };
        for event in &self.events {
            // The library's clock may start elsewhere; ours starts with the first interval's end.
            let now = at(event.now_ms - interval_end_initial_ms);
            let verdict = state.leaves(now, duration(event.queue_delay_ms), &[]);
            let shortest = state.shortest_wait().as_millis_f64();
            let same = (verdict == Verdict::Shed) == event.shed
                && event.overloaded_flag.is_none_or(|flag| flag == state.is_overloaded())
                && event.min_delay.is_none_or(|delay| delay == shortest);
            if !same {
                let flag = state.is_overloaded();
                return Some(format!("at {}: {verdict:?}, {flag}, {shortest}", event.now_ms));
            }
        }
        None
    }
}

impl FacebookVector {
    fn timeout_ms(&self) -> Option<f64> {
        let mut shedder = Shedding::AdaptiveTimeout(AdaptiveTimeout::default()).shedder();
        shedder.leaves(at(self.last_empty), Default::default(), &[0]);
        match shedder.enters(at(self.now), 0, &[1]) {
            Entry::Keep(timeout) => timeout.map(|timeout| timeout.as_millis_f64()),
            _ => None,
        }
    }
}
