//! Balancers over equal hosts, whose response times follow from the theory of queues.
//!
//! A random choice splits a Poisson process into Poisson processes: each host is an M/M/1 queue.
//! Turns give each host every k-th arrival: a GI/M/1 queue with Erlang arrivals (Kleinrock, Queueing
//! Systems I, 1975, chapter 6). A choice by the requests outstanding has no closed form for few
//! hosts; its Markov chain is solved numerically (`chain.rs`).

use serde_json::{Value, json};
use sim_core::kernel::sample::Exponential;
use sim_core::kernel::{Distribution, SimDuration};

use super::Validation;
use super::case::{self, Case, Effort};
use super::chain::{Joins, mean_in_system};
use super::figure::figure;
use super::station::{Station, poisson};

/// How long a request takes, on average.
const DEMAND_S: f64 = 1.0;

/// Compares the mean response times of balancers with what theory says of them.
pub fn compare(effort: Effort, seed: u64) -> Validation {
    case::compare(&cases(), effort, seed)
}

fn cases() -> Vec<Case> {
    let random = |hosts, load| (json!({ "random": {} }), hosts, load, one_queue(load));
    let in_turn = |hosts, load| (json!({ "round-robin": {} }), hosts, load, in_turn(hosts, load));
    let by_load = |balancer: Value, joins, hosts: usize, load: f64| {
        let in_system = mean_in_system(joins, hosts, load);
        (balancer, hosts as u32, load, vec![("W", in_system / (load * hosts as f64))])
    };
    let least = |hosts, load| by_load(json!({ "least-request": {} }), Joins::Least, hosts, load);
    let p2c = |hosts, load| by_load(json!({ "p2c": {} }), Joins::LesserOfTwo, hosts, load);
    let drawn = |hosts, load| {
        let choices = json!({ "n-choices": { "choice_count": 2 } });
        by_load(choices, Joins::LesserOfTwoDrawn, hosts, load)
    };
    let all = [
        random(4, 0.8),
        in_turn(2, 0.8),
        in_turn(4, 0.9),
        least(2, 0.8),
        least(3, 0.7),
        p2c(2, 0.8),
        p2c(3, 0.7),
        drawn(2, 0.8),
        drawn(3, 0.7),
    ];
    all.into_iter()
        .filter_map(|(balancer, hosts, load, theory)| case(balancer, hosts, load, &theory))
        .collect()
}

/// A case: so many hosts with one server each, of which each is busy for `load` of the time.
fn case(balancer: Value, hosts: u32, load: f64, theory: &[(&str, f64)]) -> Option<Case> {
    let name = balancer.as_object()?.keys().next()?.clone();
    let demand = Exponential::new(SimDuration::from_secs_f64(DEMAND_S)).ok()?;
    let arrivals_per_s = load * f64::from(hosts) / DEMAND_S;
    let station = Station {
        instances: hosts,
        balancer: serde_json::from_value(balancer).ok()?,
        ..Station::of(poisson(arrivals_per_s), Distribution::Exponential(demand))
    };
    let read = |(name, value): &(&str, f64)| {
        Some(((*name).to_owned(), *value, figure(name, 1.0, DEMAND_S)?))
    };
    Some(Case {
        name: format!("{name} hosts={hosts} load={load}"),
        station,
        // 40 relaxation times of the slowest of them, the lone queue.
        warmup_s: 40.0 * DEMAND_S / ((1.0 - load.sqrt()) * (1.0 - load.sqrt())),
        requests_per_s: arrivals_per_s,
        figures: theory.iter().map(read).collect::<Option<_>>()?,
        unmeasured: Vec::new(),
    })
}

/// M/M/1: the response time is exponential with rate `μ − λ`.
fn one_queue(load: f64) -> Vec<(&'static str, f64)> {
    exponential_response(1.0 - load)
}

/// GI/M/1: the response time is exponential with rate `μ(1 − σ)`, where `σ` is the smaller root of
/// `σ = A*(μ − μσ)`; `A*` is the transform of the Erlang-k time between two turns of a host.
fn in_turn(hosts: u32, load: f64) -> Vec<(&'static str, f64)> {
    let arrivals = load * f64::from(hosts);
    let transform = |s: f64| (0..hosts).fold(1.0, |product, _| product * arrivals / (arrivals + s));
    // The iteration contracts: the slope at the root is below one.
    let sigma = (0..10_000).fold(0.5, |sigma, _| transform(1.0 - sigma));
    exponential_response(1.0 - sigma)
}

fn exponential_response(rate: f64) -> Vec<(&'static str, f64)> {
    vec![("W", 1.0 / rate), ("W_p0.99", libm::log(100.0) / rate)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_turns_give_the_textbooks_root() {
        // E2/M/1 at load 0.8 (arrivals 1.6): σ(1.6 + 1 − σ)² = 1.6², so σ² − 4.2σ + 2.56 = 0.
        let sigma = 2.1 - (2.1_f64 * 2.1 - 2.56).sqrt();
        let theory = in_turn(2, 0.8);
        assert!((theory[0].1 - 1.0 / (1.0 - sigma)).abs() < 1e-9, "{theory:?}");
    }

    #[test]
    fn every_balancer_becomes_a_case() {
        assert_eq!(cases().len(), 9);
    }
}
