//! The parameters of a closed form, and the station that they describe.

use serde_json::json;
use sim_core::kernel::sample::{Exponential, LogNormal};
use sim_core::kernel::{Distribution, SimDuration};
use sim_core::model::fault::{Errors, Fault};
use sim_core::policy::shedding::End;
use sim_core::policy::shedding::patience::Patience;
use sim_core::policy::{Layer, Outcome, Policy, ResolvedPolicy, Shedding};

use super::station::{Station, poisson, users};

/// The parameters of a case, by their names in the source.
pub(super) struct Parameters(pub(super) Vec<(&'static str, f64)>);

impl Parameters {
    fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    pub(super) fn in_words(&self) -> String {
        let words: Vec<String> =
            self.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        words.join(" ")
    }

    pub(super) fn servers(&self) -> f64 {
        self.get("c").or(self.get("n")).unwrap_or(1.0)
    }

    pub(super) fn mean_demand_s(&self) -> f64 {
        let rate = self.get("mu").map(|mu| 1.0 / mu);
        rate.or(self.get("ES")).or(self.get("S")).unwrap_or(0.001)
    }

    /// About how many requests arrive in a second.
    pub(super) fn requests_per_s(&self) -> f64 {
        let closed = || {
            let round = self.get("think_Z")? + self.mean_demand_s();
            let capacity = self.servers() / self.mean_demand_s();
            Some((self.get("N")? / round).min(capacity))
        };
        self.get("lam").or_else(closed).unwrap_or(CALLS_PER_S)
    }

    pub(super) fn warmup_s(&self) -> f64 {
        let demand = self.mean_demand_s();
        if self.get("capacity").is_some() {
            // The bucket is empty after ten seconds, and a call has waited for its last retry
            // after half a minute.
            return 120.0;
        }
        if self.get("lam").is_none() && self.get("N").is_none() {
            return 20.0 * demand; // Nobody waits for anybody.
        }
        if let Some(users) = self.get("N") {
            return 100.0 * (self.get("think_Z").unwrap_or(0.0) + users * demand);
        }
        if self.get("theta").is_some() {
            // Whoever leaves takes the memory along: of any load.
            return 100.0 * demand;
        }
        if self.get("ES").is_some() && self.get("scv").is_none() {
            return 40.0 * demand; // Nobody waits for anybody, but the longest stay long.
        }
        let load = self.requests_per_s() * demand / self.servers();
        let slack = match self.get("K") {
            // A bounded queue forgets even when it is overloaded; its longest memory is about
            // that of the unbounded one at the load where the two are alike.
            Some(_) => 0.1,
            None => 1.0 - load.min(0.99).sqrt(),
        };
        let variability = 1.0 + self.get("scv").unwrap_or(1.0);
        20.0 * variability * demand / (self.servers() * slack * slack)
    }
}

/// The calls of a case without queues, a second.
const CALLS_PER_S: f64 = 100.0;

fn seconds(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds)
}

fn exponential(mean_s: f64) -> Option<Distribution> {
    Exponential::new(seconds(mean_s)).ok().map(Distribution::Exponential)
}

/// M/M/1, M/M/c, M/M/c/K: K counts those in service, too.
pub(super) fn open(p: &Parameters) -> Option<Station> {
    let room = p.get("K").map(|k| (k - p.servers()) as u32);
    Some(Station {
        servers: Some(p.servers() as u32),
        waiting_room: room,
        ..Station::of(poisson(p.get("lam")?), exponential(p.mean_demand_s())?)
    })
}

/// The loss system M/M/c/c, with the parameters of an M/M/c: nobody waits.
pub(super) fn loss(p: &Parameters) -> Option<Station> {
    Some(Station { waiting_room: Some(0), ..open(p)? })
}

/// M/G/1: the squared coefficient of variation says which distribution; a lognormal with
/// `sigma = 1` has `e − 1`.
pub(super) fn general(p: &Parameters) -> Option<Station> {
    let mean = seconds(p.get("ES")?);
    let demand = match p.get("scv")? {
        0.0 => Distribution::Constant(mean),
        scv => {
            let sigma = libm::sqrt(libm::log1p(scv));
            Distribution::LogNormal(LogNormal::of_mean(mean, sigma).ok()?)
        }
    };
    Some(Station { demand, ..open(p)? })
}

/// Machine repair: so many users think, then ask one of `c` servers.
pub(super) fn closed(p: &Parameters) -> Option<Station> {
    let think = exponential(p.get("think_Z")?)?;
    let load = users(p.get("N")? as u32, think);
    Some(Station {
        servers: Some(p.servers() as u32),
        ..Station::of(load, exponential(p.get("S")?)?)
    })
}

/// M/M/1-PS: all that are there share the server.
pub(super) fn sharing(p: &Parameters) -> Option<Station> {
    Some(Station { shares: true, ..open(p)? })
}

/// M/D/1-PS with jobs of the size `x` at the same load: how long a job takes depends on its own size and
/// on the load, whatever the sizes of the others.
pub(super) fn sharing_alike(p: &Parameters) -> Option<Station> {
    let size = p.get("x")?;
    let demand = Distribution::Constant(seconds(size));
    let load = poisson(p.get("lam")? * p.mean_demand_s() / size);
    Some(Station { shares: true, ..Station::of(load, demand) })
}

/// M/G/∞: nobody waits for anybody; lognormal with a large variance, since the number there knows nothing
/// of it.
pub(super) fn unlimited(p: &Parameters) -> Option<Station> {
    let demand = LogNormal::of_mean(seconds(p.get("ES")?), 1.0).ok()?;
    let load = poisson(p.get("lam")?);
    Some(Station { servers: None, ..Station::of(load, Distribution::LogNormal(demand)) })
}

/// Erlang-A: who waits leaves the queue when its patience is at an end.
pub(super) fn abandoning(p: &Parameters) -> Option<Station> {
    let patience = Patience { patience: exponential(1.0 / p.get("theta")?)?, serve: End::Oldest };
    Some(Station { shedding: Some(Shedding::Patience(patience)), ..open(p)? })
}

/// Clients that leave after a time, and a server that is not told and works all the same.
pub(super) fn impatient(p: &Parameters) -> Option<Station> {
    let policy = layers(json!([{ "timeout": format!("{}ms", p.get("timeout")? * 1e3) }]))?;
    Some(Station { policy, ..open(p)? })
}

/// Attempts that fail independently, tried again at once.
pub(super) fn retrying(p: &Parameters) -> Option<Station> {
    let share = p.get("failure_prob_per_attempt")?;
    let retries = p.get("max_retries")? as u32;
    Some(Station {
        servers: None,
        policy: layers(json!([{
            "retry": { "max_retries": retries, "backoff": { "immediate": {} } }
        }]))?,
        fault: Some(Fault::Errors(Errors { share, outcome: Outcome::ServerError })),
        ..Station::of(poisson(CALLS_PER_S), Distribution::Constant(SimDuration::from_millis(1)))
    })
}

/// A server that admits so many a second, whoever they are, and callers that try again later: the
/// waits are so long and so random that an attempt knows nothing of the one before it.
pub(super) fn retrying_loss(p: &Parameters) -> Option<Station> {
    let limit = json!({
        "rate_limit": {
            "limiter": { "token-bucket": { "capacity": 100, "refill": p.get("capacity")? as u32 } }
        }
    });
    Some(Station {
        servers: None,
        limits: vec![serde_json::from_value(limit).ok()?],
        policy: layers(json!([{
            "retry": {
                "max_retries": p.get("max_retries")? as u32,
                "on": ["throttled"],
                "backoff": { "fixed": { "delay": "10s", "jitter": "full" } }
            }
        }]))?,
        ..Station::of(poisson(p.get("lam")?), Distribution::Constant(SimDuration::from_millis(1)))
    })
}

/// Work that makes nobody wait, and no copies.
pub(super) fn unhedged(p: &Parameters) -> Option<Station> {
    let demand = exponential(p.mean_demand_s())?;
    Some(Station { servers: None, ..Station::of(poisson(CALLS_PER_S), demand) })
}

/// The same, and a second copy of a request after a time.
pub(super) fn hedged(p: &Parameters) -> Option<Station> {
    let delay = format!("{}ns", (p.get("hedge_delay")? * 1e9 + 0.5) as u64);
    let policy = layers(json!([{ "hedge": { "kind": { "fixed": { "delay": delay } } } }]))?;
    Some(Station { policy, ..unhedged(p)? })
}

/// The layers of a policy, as a scenario file states them.
pub(super) fn layers(layers: serde_json::Value) -> Option<ResolvedPolicy> {
    let layers: Vec<Layer> = serde_json::from_value(layers).ok()?;
    Policy { layers, ..Policy::default() }.resolve().ok()
}
