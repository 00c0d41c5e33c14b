//! The memory that models take, from what the operating system says of this process.
//!
//! A process keeps what it has freed, so that a figure is good only in a process that has done
//! nothing else: `squall bench` starts one for each.

use scenarios::expectation::{Aggregation, Quantity};

use super::model::{MILLION_CLIENTS, MILLION_CLIENTS_LENGTH_S};
use super::{hold, scenario::Prepared};

const IN_FLIGHT: &str = include_str!("../../scenarios/bench/in-flight.toml");

/// What takes the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// A million events in the queue of the kernel, each with 8 bytes of its own.
    PendingEvents,
    /// A million requests in flight at once, with their calls, timeouts and events, and all that is
    /// measured of them.
    RequestsInFlight,
    /// The retry client with a million clients, most of them thinking.
    MillionClients,
}

/// What a load took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// The most that the process held, with its code and everything else, in bytes.
    pub peak: u64,
    /// How much of that came with the load, in bytes.
    pub growth: u64,
    /// How many events, requests or clients it was for.
    pub count: u64,
}

impl Footprint {
    /// Bytes an event, request or client.
    pub fn bytes_each(self) -> f64 {
        self.growth as f64 / self.count.max(1) as f64
    }
}

impl Load {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PendingEvents, Self::RequestsInFlight, Self::MillionClients];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PendingEvents => "pending-events",
            Self::RequestsInFlight => "requests-in-flight",
            Self::MillionClients => "million-clients",
        }
    }

    /// Runs it once in this process, which is to do nothing else. `None` where the system does not
    /// say what a process holds.
    ///
    /// # Errors
    /// When a scenario cannot be run, which is a bug of Squall.
    pub fn measure(self) -> Result<Option<Footprint>, String> {
        let Some(before) = status("VmRSS:") else { return Ok(None) };
        let count = self.run()?;
        let peak = status("VmHWM:");
        Ok(peak.map(|peak| Footprint { peak, growth: peak.saturating_sub(before), count }))
    }

    fn run(self) -> Result<u64, String> {
        match self {
            Self::PendingEvents => Ok(hold::fill_and_warm(1_000_000)),
            Self::RequestsInFlight => {
                let prepared = Prepared::new("in-flight", IN_FLIGHT, &[])?;
                let most = prepared.run()?.read(Aggregation::Max, "callers", Quantity::InFlight)?;
                Ok(most as u64)
            }
            Self::MillionClients => {
                MILLION_CLIENTS.prepare(MILLION_CLIENTS_LENGTH_S)?.run()?;
                Ok(u64::from(MILLION_CLIENTS.clients))
            }
        }
    }
}

/// A line of what Linux says of this process, in bytes.
fn status(key: &str) -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?, key)
}

fn parse(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_lines_are_read() {
        let status = "Name:\tsquall\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(parse(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(parse(status, "VmSwap:"), None);
    }

    #[test]
    fn what_each_takes_is_what_came_with_it() {
        let footprint = Footprint { peak: 40_000_000, growth: 32_000_000, count: 1_000_000 };
        assert!((footprint.bytes_each() - 32.0).abs() < 1e-9);
    }
}
