//! How likely what may be left out is there, how long lists are, which numbers are drawn.

/// The probability, in hundredths, that a key which may be left out is there.
pub(super) fn presence(key: &str) -> usize {
    match key {
        // Files are not there; traps are not silenced.
        "replay" | "description" | "allow" | "base" => 0,
        "limits" | "min_available" | "probes" | "overrun" | "cold_start" | "contention"
        | "repeat" | "severity" => 18,
        "runs_on" | "outlier" | "health_check" | "stages" | "between_zones" => 25,
        "cpu_limit" | "cpu_shares" | "zone" | "zones" | "ramp" | "shedding" => 25,
        "instances" | "layers" | "workers" | "policy" | "kind" | "rate" | "steps" => 85,
        "replication" | "autoscaler" | "disk" => 30,
        "deadlines" | "abandoned" | "latency" | "queue" | "for" | "users" | "when" => 60,
        "preset" => 30,
        _ => 35,
    }
}

/// How many items a list has at most.
pub(super) fn at_most(key: &str) -> usize {
    match key {
        "layers" => 6,
        "phases" | "branches" => 3,
        _ => 2,
    }
}

/// Whole numbers that are drawn for a key.
pub(super) fn integers(key: &str) -> &'static [u64] {
    match key {
        "instances" | "workers" | "consumers" | "count" => &[1, 1, 2, 3, 5],
        "users" | "clients" | "size" => &[1, 2, 7, 15],
        "times" | "quorum" => &[1, 2, 3],
        "capacity" => &[0, 1, 3, 10, 1000],
        "priority" => &[0, 1, 2, 255],
        "max_attempts" | "max_retries" => &[0, 1, 2, 3, 10],
        _ => &[0, 1, 2, 3, 5, 10, 50, 100],
    }
}

/// Numbers that are drawn for a key.
pub(super) fn numbers(key: &str) -> &'static [f64] {
    match key {
        "share" | "fails" | "residue" => &[0.0, 0.1, 0.3, 0.5, 1.0],
        "loss" | "p" => &[0.0, 0.01, 0.1, 0.5],
        _ => &[0.0, 0.05, 0.2, 0.5, 0.9, 1.0, 1.5, 2.0, 4.0, 10.0],
    }
}

/// Durations that are drawn for a key, in nanoseconds.
pub(super) fn durations(key: &str) -> &'static [u64] {
    const MS: u64 = 1_000_000;
    match key {
        "at" => &[1000 * MS, 1500 * MS, 2345 * MS, 3000 * MS, 5000 * MS, 8001 * MS],
        "for" | "restart" => &[0, 10 * MS, 300 * MS, 1000 * MS, 2000 * MS, 4321 * MS],
        // How often the system is asked something.
        "interval" | "period" | "inter" | "every" => &[50 * MS, 200 * MS, 1000 * MS, 3000 * MS],
        "contention" | "latency" | "add" => &[0, MS, 3 * MS, 20 * MS],
        _ => &[
            0,
            1,
            MS,
            5 * MS,
            10 * MS,
            20 * MS,
            50 * MS,
            100 * MS,
            200 * MS,
            500 * MS,
            1000 * MS,
            1000 * MS,
            2000 * MS,
            30_000 * MS,
        ],
    }
}
