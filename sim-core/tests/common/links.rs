//! Links and their faults, drawn at random.

use proptest::prelude::*;
use serde_json::{Value, json};
use sim_core::model::network::*;

use super::d;

pub(crate) fn any_fault_of_links() -> impl Strategy<Value = Value> {
    prop_oneof![
        (1.5..20.0)
            .prop_map(|factor| json!({ "latency": { "factor": factor, "add": "exp(30ms)" } })),
        (0.1..=1.0).prop_map(|share| json!({ "loss": { "share": share, "correlation": 0.2 } })),
        (0.1..=1.0).prop_map(|p| json!({ "loss": { "gilbert_elliott": { "p": p, "r": 0.3 } } })),
        Just(json!({ "bandwidth": { "rate": "100kB/s", "queue": "20kB" } })),
        Just(json!({ "stall": { "direction": "answers" } })),
        Just(json!({ "stall": {} })),
        (0.1..=1.0).prop_map(|share| json!({ "reset": { "share": share } })),
        (0.1..=1.0).prop_map(|share| json!({ "drop": { "share": share } })),
        (0.1..=1.0).prop_map(|callers| {
            json!({ "partition": { "callers": callers, "health_checks": true } })
        }),
        (0.1..=1.0).prop_map(|share| json!({ "dns": { "share": share, "after": "5ms" } })),
        (0.1..=1.0).prop_map(|share| json!({ "stale-dns": { "share": share } })),
    ]
}

pub(crate) fn any_loss() -> impl Strategy<Value = Loss> {
    let bursts = GilbertElliott { p: 0.05, r: 0.4, good_loss: 0.01, bad_loss: 0.8 };
    prop_oneof![
        2 => Just(Loss::NONE),
        2 => Just(Loss::Independent(0.05)),
        1 => Just(Loss::Correlated { share: 0.2, correlation: 0.3 }),
        1 => Just(Loss::GilbertElliott(bursts)),
    ]
}

pub(crate) fn any_transport() -> impl Strategy<Value = Transport> {
    let per_attempt = Tcp { handshake: Handshake::PerAttempt, ..Tcp::default() };
    let impatient = Tcp { give_up: Some(d("700ms")), ..Tcp::default() };
    prop_oneof![
        3 => Just(Transport::Silent),
        1 => Just(Transport::Tcp(Tcp::default())),
        1 => Just(Transport::Tcp(per_attempt)),
        1 => Just(Transport::Tcp(impatient)),
    ]
}
