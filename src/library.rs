//! The scenarios that come with Squall.

/// A scenario of the library: its name and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibraryScenario {
    /// The file's name without its ending.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
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
    "aws-jitter",
    "brooker-retries",
    "brooker-collapse",
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
    "steady-state-hypothesis",
    "alerts",
    "packet-loss",
    "partial-partition",
    "game-day",
    "faults-of-links",
    "metastable-hotos21",
    "metastable-hotos21-cache",
    "metastable-hotos25",
    "metastable-osdi22",
    "abandonment",
    "gc-spiral",
    "slow-card-processor",
    "rolling-deploy",
    "dependency-cascade",
    "row-lock",
    "silent-failures",
    "third-party",
    "bulkhead-profile-search",
    "cache-death",
    "chain-of-death",
    "slow-versus-dead",
    "retry-amplification",
    "four-pools",
    "resource-limits",
    "product-page",
    "idempotency",
    "liveness-restarts",
    "cache-stampede",
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
