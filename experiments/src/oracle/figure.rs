//! The figures of the closed forms, by their names in the source, as this simulator measures
//! them.

use sim_core::policy::Outcome;

use super::pool::Pool;

/// Reads a figure off a pooled sample.
pub(super) type Read = Box<dyn Fn(&Pool) -> Option<f64> + Send + Sync>;

/// How a figure of a station with so many servers is measured; `None` if it is not.
///
/// `mean_demand_s` is the unit of times in names such as `P(W>5/mu)`. How many are in the system
/// is only known as a mean, so of its distribution only what follows from the utilization of a
/// single server is measured.
pub(super) fn figure(name: &str, servers: f64, mean_demand_s: f64) -> Option<Read> {
    if let Some(p) = percentile(name, "W_p") {
        return read(move |pool| pool.response.percentile(p).map(seconds));
    }
    if let Some(p) = percentile(name, "Wq_p") {
        return read(move |pool| pool.waiting.percentile(p).map(seconds));
    }
    if let Some(times) = multiple_of_demand(name) {
        let nanos = (times * mean_demand_s * 1e9 + 0.5) as u64;
        return read(move |pool| pool.response.fraction_above(nanos));
    }
    match name {
        "rho" | "utilization" => read(move |pool| Some(busy(pool)? / servers)),
        "P0" if servers == 1.0 => read(|pool| Some(1.0 - busy(pool)?)),
        "P(N>=1)" if servers == 1.0 => read(busy),
        "L" => read(|pool| over_time(pool.service.in_flight_integral_ns, pool)),
        "Lq" => read(|pool| over_time(pool.service.queue_integral_ns, pool)),
        // Of those that were let in: who is turned away has spent no time here.
        "W" => read(|pool| {
            let served = pool.service.outcomes.of(Outcome::Ok);
            over(seconds(pool.service.response_time_sum_ns as f64), served as f64)
        }),
        "Wq" => read(|pool| {
            let began = pool.service.waiting_time_count;
            over(seconds(pool.service.waiting_time_sum_ns as f64), began as f64)
        }),
        "E_W_given_size_x" => read(|pool| {
            let served = pool.service.outcomes.of(Outcome::Ok);
            over(seconds(pool.service.response_time_sum_ns as f64), served as f64)
        }),
        "P_wait" => read(|pool| {
            // Whoever leaves has waited, too.
            let left = pool.service.outcomes.of(Outcome::RejectedShed) as f64;
            let began = pool.service.waiting_time_count as f64;
            over(pool.waiting.fraction_above(0)? * began + left, began + left)
        }),
        "P_abandon" => read(|pool| {
            let left = pool.service.outcomes.of(Outcome::RejectedShed);
            over(left as f64, pool.service.ended() as f64)
        }),
        "ErlangC" => read(|pool| pool.waiting.fraction_above(0)),
        "P_block" | "ErlangB" => read(|pool| {
            let blocked = pool.service.outcomes.of(Outcome::Overflow);
            over(blocked as f64, pool.service.arrivals as f64)
        }),
        "throughput" => read(|pool| per_second(pool.service.outcomes.of(Outcome::Ok), pool)),
        "R" | "mean_latency" => read(|pool| {
            let (sum, count) = (pool.client.response_time_sum_ns, pool.client.response_time_count);
            over(seconds(sum as f64), count as f64)
        }),
        "fraction_late" => read(|pool| {
            let late = pool.client.outcomes.of(Outcome::Timeout);
            over(late as f64, pool.client.ended() as f64)
        }),
        "goodput" => read(|pool| per_second(pool.client.goodput, pool)),
        "attempts_per_call" | "amplification" => {
            read(|pool| over(pool.edge.arrivals as f64, pool.client.arrivals as f64))
        }
        "attempt_rate" => read(|pool| per_second(pool.edge.arrivals, pool)),
        "attempt_failure_prob" => {
            read(|pool| over(pool.edge.failed() as f64, pool.edge.ended() as f64))
        }
        "extra_load_fraction" => {
            read(|pool| Some(over(pool.edge.arrivals as f64, pool.client.arrivals as f64)? - 1.0))
        }
        "p99" | "p99_nohedge" => read(|pool| pool.answered.percentile(99.0).map(seconds)),
        "rejected" => {
            read(|pool| over(pool.edge.rejections.total() as f64, pool.client.arrivals as f64))
        }
        "success" => read(|pool| over(pool.client.good() as f64, pool.client.ended() as f64)),
        _ => None,
    }
}

fn read(of: impl Fn(&Pool) -> Option<f64> + Send + Sync + 'static) -> Option<Read> {
    Some(Box::new(of))
}

/// `W_p0.99` is the 99th percentile.
fn percentile(name: &str, prefix: &str) -> Option<f64> {
    let share: f64 = name.strip_prefix(prefix)?.parse().ok()?;
    Some(share * 100.0)
}

/// `P(W>5/mu)` is about 5 mean demands.
fn multiple_of_demand(name: &str) -> Option<f64> {
    name.strip_prefix("P(W>")?.strip_suffix("/mu)")?.parse().ok()
}

/// How many servers are busy, on average.
fn busy(pool: &Pool) -> Option<f64> {
    over_time(pool.service.busy_integral_ns, pool)
}

fn over_time(integral_ns: u128, pool: &Pool) -> Option<f64> {
    over(seconds(integral_ns as f64), pool.length_s)
}

fn per_second(count: u64, pool: &Pool) -> Option<f64> {
    over(count as f64, pool.length_s)
}

fn over(sum: f64, by: f64) -> Option<f64> {
    (by > 0.0).then_some(sum / by)
}

fn seconds(nanos: f64) -> f64 {
    nanos / 1e9
}
