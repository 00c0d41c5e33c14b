//! Instances that follow a primary, or come and go.

use serde_json::json;
use sim_core::model::fault::Fault;
use sim_core::model::replication::{Callers, Commit, Lookups, Replication, Role};
use sim_core::model::spec::*;

use super::{d, dist};

/// The instances of the store follow a primary, which some of the crashes kill.
pub(crate) fn follow_a_primary(model: &mut Model, commit: Commit) {
    let store = ServiceId(0);
    model.services[0].instances += 1;
    model.endpoints[0].steps.push(Step::Replicate);
    let ttl = d(if model.services[0].instances == 2 { "0s" } else { "700ms" });
    model.replications = vec![ReplicationSpec {
        name: "store.replicas".into(),
        service: store,
        how: Replication {
            lag: dist("exp(60ms)"),
            failover: d("300ms"),
            commit,
            callers: Callers::Follow(Lookups { ttl }),
        },
        roles: vec![(EndpointId(0), Role::Primary)],
    }];
    for fault in &mut model.faults {
        if matches!(fault.fault, Fault::Crash(_)) && fault.targets[0].service() == Some(store) {
            fault.targets = vec![Target::Primary(store)];
        }
    }
}

/// The instances of the store come and go.
pub(crate) fn come_and_go(model: &mut Model) {
    let scaler = json!({ "kubernetes": {
        "metric": { "busy": 0.4 }, "max": 4, "every": "300ms", "start_up": "200ms",
        "stabilisation": "500ms",
    } });
    let at_first = model.services[0].instances;
    model.services[0].instances = 4;
    model.scaled = vec![ScaledSpec {
        name: "store.instances".into(),
        service: ServiceId(0),
        how: serde_json::from_value(scaler).unwrap(),
        at_first,
    }];
}
