//! The scenarios that come with Squall.

/// A scenario of the library: its name and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibraryScenario {
    /// The file's name without its ending.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

impl LibraryScenario {
    /// Where the file lies in Squall's repository.
    pub fn path(&self) -> String {
        format!("scenarios/library/{}.toml", self.name)
    }
}

macro_rules! library {
    ($($name:literal),+ $(,)?) => {
        /// Every scenario of the library, in the order in which `squall list` shows them.
        pub const LIBRARY: &[LibraryScenario] = &[
            $( LibraryScenario {
                name: $name,
                text: include_str!(concat!("../scenarios/library/", $name, ".toml")),
            }, )+
        ];
    };
}

library! {
    "retry-storm",
    "dependency-cascade",
    "partial-partition",
    "row-lock",
    "silent-failures",
    "third-party",
    "steady-state-hypothesis",
    "bulkhead-profile-search",
    "breaker-that-never-closes",
    "slow-card-processor",
    "cache-death",
    "primary-failover",
    "zone-outage",
    "no-health-checks",
    "chain-of-death",
    "checklist-broker-down",
    "checklist-disk-full",
    "checklist-disk-slow",
    "checklist-dns-failure",
    "checklist-errors-500",
    "checklist-half-the-instances",
    "checklist-malformed-answers",
    "checklist-memory-pressure",
    "checklist-pool-full",
    "checklist-processor-spike",
    "checklist-slow",
    "checklist-unreachable",
    "stop-condition",
    "slow-database-cached",
    "slow-database-cached-freshness",
    "pod-failure",
    "packet-loss",
    "game-day",
    "failed-rollback",
    "blast-radius",
    "bypassed-proxy",
    "the-day",
    "slow-versus-dead",
    "timeout-alignment",
    "retry-amplification",
    "sms-war-story",
    "breaker-tuning",
    "reconnecting-singleton",
    "four-pools",
    "pools-by-criticality",
    "resource-limits",
    "timeout-sizing",
    "product-page",
    "four-traps",
    "rate-limit",
    "order-service",
    "s3-2017",
    "idempotency",
    "bulkhead-tuning",
    "liveness-restarts",
    "timeouts-by-phase",
    "flapping-breaker",
    "alerts",
    "aws-jitter",
    "brooker-retries",
    "brooker-collapse",
    "metastable-hotos21",
    "metastable-hotos21-cache",
    "metastable-hotos25",
    "metastable-osdi22",
    "sre-overload",
    "tail-at-scale",
    "old-loads",
    "open-versus-closed",
    "gc-spiral",
    "pool-exhaustion",
    "cache-stampede",
    "cache-flush",
    "timeout-cascade",
    "lb-sinkhole",
    "goodput-collapse",
    "load-shedding",
    "hedged-requests",
    "deadline-propagation",
    "backoffs-by-library",
    "retries-by-library",
    "breakers-by-library",
    "budgets-by-library",
    "throttles-by-library",
    "rate-limiters",
    "too-many-requests",
    "bulkheads",
    "connection-pools",
    "balancers-by-algorithm",
    "health-checks",
    "fallbacks",
    "service-times",
    "deadlines-and-timeouts",
    "overload-at-both-ends",
    "faults-of-links",
    "abandonment",
    "rolling-deploy",
    "tied-requests",
    "pool-deadlock",
    "receive-livelock",
    "sre-bimodal-latency",
    "sre-crash-loop",
    "autoscaler",
    "node-dies",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_library_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/library");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
            .collect();
        files.sort();
        let mut listed: Vec<&str> = LIBRARY.iter().map(|scenario| scenario.name).collect();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }
}
