//! The breaker of our own HTTP client.

use super::LibraryBreaker;
use crate::catalogue::Described;
use crate::kernel::SimDuration;
use crate::policy::breaker::trip::count_window::CountWindow;
use crate::policy::breaker::{Breaker, OpenFor, Threshold, Trip};
use crate::policy::limit::Limit;

/// Our HTTP client, 3.1.
pub(super) struct OurClient;

impl Described for OurClient {
    const SUMMARY: &'static str = "our-http-client 3.1: 30 % of the last 50 calls; 20 s; 3 probes";
    const SOURCE: &'static str = "our-http-client 3.1, breaker.go";
}

impl LibraryBreaker for OurClient {
    fn defaults() -> Breaker {
        Breaker {
            trip: Some(Trip::CountWindow(CountWindow { size: 50 })),
            failure_rate: Some(0.3),
            threshold: Some(Threshold::AtLeast),
            minimum_calls: Some(50),
            open_for: Some(OpenFor::Time(SimDuration::from_secs(20))),
            half_open_calls: Some(Limit::AtMost(3)),
            ..Breaker::default()
        }
    }
}
