//! Retry client: closed-loop clients that give up and ask again at once:
//! `scenarios/bench/retry-client.toml`.

use scenarios::expectation::{Aggregation, Quantity};
use sim_core::policy::Outcome;

use super::figure::Figure;
use super::model::Run;
use super::scenario::{Measured, Prepared};
use super::stopwatch::timed;
use super::theory::BirthDeath;
use super::yardstick;

const TEXT: &str = include_str!("../../scenarios/bench/retry-client.toml");

/// The mean think time, the mean service demand and the timeout, in seconds.
pub(super) const THINK_S: f64 = 0.1;
pub(super) const DEMAND_S: f64 = 0.02;
pub(super) const TIMEOUT_S: f64 = 0.2;
/// How long the system takes to fill up: ten think times, after which less than 1/20,000 of the
/// difference is left.
pub(super) const WARMUP_S: f64 = 1.0;

/// How many clients there are; a worker for every eight.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryClient {
    pub(super) clients: u32,
}

/// What a run measured.
pub(super) struct Answered {
    /// The time that was measured: all but the warm-up.
    pub(super) window_s: f64,
    pub(super) events: u64,
    /// The calls that were answered in the whole run.
    pub(super) all_calls: u64,
    /// The calls that were answered in the window, their mean response time, and the attempts in it
    /// that were given up.
    pub(super) calls: u64,
    pub(super) response_s: f64,
    pub(super) timeouts: u64,
}

impl Answered {
    /// What `callers` had of `server` in a run of this length.
    pub(super) fn of(measured: &Measured<'_>, length_s: f64) -> Result<Self, String> {
        Ok(Self {
            window_s: length_s - WARMUP_S,
            events: measured.events(),
            all_calls: measured.calls(),
            calls: measured.read(Aggregation::Count, "callers", Quantity::Outcome(Outcome::Ok))?
                as u64,
            response_s: measured.read(Aggregation::Mean, "callers", Quantity::Usual)?,
            timeouts: measured.read(
                Aggregation::Count,
                "callers->server",
                Quantity::Outcome(Outcome::Timeout),
            )? as u64,
        })
    }
}

impl RetryClient {
    pub(super) fn workers(self) -> u32 {
        self.clients / 8
    }

    pub(super) fn on_squall(self, length_s: f64) -> Result<Run, String> {
        let prepared = self.prepare(length_s)?;
        let measured = prepared.run()?;
        let answered = Answered::of(&measured, length_s)?;
        Ok(Run { took: measured.took, ..self.judged(&answered) })
    }

    pub(super) fn on_yardstick(self, length_s: f64) -> Run {
        let (took, answered) = timed(|| yardstick::retry_client::run(self, length_s));
        Run { took, ..self.judged(&answered) }
    }

    pub(super) fn prepare(self, length_s: f64) -> Result<Prepared, String> {
        let set = [
            ("run.length", format!("{length_s}s")),
            ("clients.callers.load.closed.users", self.clients.to_string()),
            ("services.server.pools.main.workers", self.workers().to_string()),
        ];
        Prepared::new("retry-client", TEXT, &set)
    }

    /// Clients and server alone are the machine repair model. A timeout adds a call's next attempt
    /// to it and leaves the old one in: one attempt in 2,800, so that all that changes is how many
    /// attempts a call takes.
    pub(super) fn judged(self, answered: &Answered) -> Run {
        let server = self.server(self.clients);
        let workers = self.workers() as usize;
        let attempts = server.mean(|n| n.min(workers) as f64 / DEMAND_S);
        let late = self.late();
        let calls_per_s = attempts * (1.0 - late);
        let (n, window) = (answered.calls as f64, answered.window_s);
        // A round is a think time and a response time, and there are as many as clients.
        let round_s = f64::from(self.clients) / calls_per_s;
        let response = Figure {
            name: "mean response time",
            unit: "ms",
            value: answered.response_s * 1e3,
            right: (round_s - THINK_S) * 1e3,
            // The number of calls is Poisson, as the workers are always busy; the think times are
            // independent of it.
            standard_error: ((round_s * round_s + THINK_S * THINK_S) / n).sqrt() * 1e3,
        };
        let calls = Figure {
            name: "calls answered",
            unit: "/s",
            value: n / window,
            right: calls_per_s,
            standard_error: (calls_per_s / window).sqrt(),
        };
        let timeouts = Figure {
            name: "timeouts",
            unit: "",
            value: answered.timeouts as f64,
            right: attempts * late * window,
            standard_error: (attempts * late * window).sqrt(),
        };
        Run {
            took: std::time::Duration::ZERO,
            units: answered.all_calls,
            events: answered.events,
            figures: vec![response, timeouts, calls],
        }
    }

    /// The number of requests at the server when this many clients take turns.
    fn server(self, clients: u32) -> BirthDeath {
        let (clients, workers) = (clients as usize, self.workers() as usize);
        BirthDeath::new(
            clients,
            |n| (clients - n) as f64 / THINK_S,
            |n| n.min(workers) as f64 / DEMAND_S,
        )
    }

    /// The share of attempts that take longer than the timeout.
    ///
    /// Who comes to the server meets it as one client fewer would leave it, waits for as many
    /// answers as there are too many, and is worked on: an Erlang time `W` and an exponential one.
    /// With a timeout that `W` as good as never reaches, the share is `exp(−µt) · E[exp(µW)]`.
    fn late(self) -> f64 {
        let workers = self.workers() as usize;
        let per_answer = libm::log(f64::from(self.workers()) / (f64::from(self.workers()) - 1.0));
        let waits_for = |n: usize| (n + 1).saturating_sub(workers) as f64;
        let growth = self.server(self.clients - 1).mean(|n| libm::exp(waits_for(n) * per_answer));
        libm::exp(-TIMEOUT_S / DEMAND_S) * growth
    }
}
