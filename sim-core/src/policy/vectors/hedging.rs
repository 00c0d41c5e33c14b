//! gRPC's hedging.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{Unit, fails, holds};
use crate::kernel::SimTime;
use crate::policy::hedge::grpc::Grpc;
use crate::policy::hedge::{Do, Hedge};

/// The section `hedging`; its rules in prose have tests of their own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Hedging {
    grpc: Option<GrpcHedging>,
}

#[derive(Clone, Debug, Deserialize)]
struct GrpcHedging {
    config: Config,
    sends_ms: Vec<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    max_attempts: u32,
    #[serde(rename = "hedgingDelay_ms")]
    hedging_delay_ms: f64,
}

impl Hedging {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        let Some(vector) = &self.grpc else { return };
        let sends = vector.sends();
        outcomes.push(match sends == vector.sends_ms {
            true => holds("grpc", "hedging: sends"),
            false => fails("grpc", "hedging: sends", format!("{sends:?}")),
        });
    }
}

impl GrpcHedging {
    /// When copies are sent if none is answered, in milliseconds.
    fn sends(&self) -> Vec<f64> {
        let max_attempts = self.config.max_attempts;
        let hedging_delay = Unit::Milliseconds.duration(self.config.hedging_delay_ms);
        let hedge = Hedge::Grpc(Grpc { max_attempts, hedging_delay, ..Grpc::default() });
        let mut call = hedge.hedger().call(SimTime::ZERO);
        let mut sends = vec![0.0];
        while let Some(at) = call.sends_at() {
            if call.due(at, || true) != Do::Send {
                break;
            }
            sends.push(at.since(SimTime::ZERO).as_millis_f64());
        }
        sends
    }
}
