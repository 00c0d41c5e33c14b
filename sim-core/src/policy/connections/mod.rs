//! Connection pools: a call takes a connection that is open, waits for one, or has one opened.
//!
//! With layers around and inside it, a pool gives a call all the times that clients know: the time
//! for a connection from the pool (`max_wait`), that for opening one (`connect_timeout`), that for
//! the answer (a `timeout` inside the pool) and that for everything (a `timeout` around it).

use rand::Rng;

use super::gate::{Answer, Ending, Gate, Pass, Released, Ticket};
use super::problem::Problems;
use crate::catalogue::{Described, registry};
use crate::kernel::SimTime;

pub mod envoy;
pub mod go_http;
pub mod hikaricp;
mod machine;
pub mod plain;

#[cfg(test)]
mod tests;

pub use machine::Connections;
pub(crate) use machine::opened;
use machine::{FailedConnect, Rules};

registry! {
    ($)
    /// Where the connections of calls come from.
    pub enum ConnectionPool as "connection-pool", dispatch each_pool {
        "plain" => Plain(plain::Plain),
        "envoy" => Envoy(envoy::Envoy),
        "go-http" => GoHttp(go_http::GoHttp),
        "hikaricp" => HikariCp(hikaricp::HikariCp),
    }
}

/// The parameters of a pool.
trait Parameters: Described {
    /// What is wrong with them.
    fn check(&self) -> Problems {
        Problems::default()
    }

    /// What they come to.
    fn rules(&self) -> Rules;
}

impl ConnectionPool {
    /// Checks the parameters.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `plain.max_open`.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = each_pool!(self, pool => pool.check());
        let connect = each_pool!(self, pool => pool.rules()).connect;
        let message = "draws from a file, which a policy does not read";
        problems.note_if(connect.names_a_file(), "connect", message);
        problems.inside(self.name()).or_none()
    }

    /// How many connections may be open at once.
    pub fn most_at_once(&self) -> Option<u32> {
        each_pool!(self, pool => pool.rules()).max_open
    }

    /// The pool itself, without a connection, as of the start of the run.
    pub fn gate(&self) -> Connections {
        each_pool!(self, pool => Connections::new(pool.rules()))
    }
}

impl Gate for Connections {
    fn ask<R: Rng>(&mut self, now: SimTime, ticket: Ticket, draws: &mut R) -> Answer {
        self.take(now, ticket, draws)
    }

    fn ended(&mut self, now: SimTime, pass: Pass, ending: Ending, released: &mut Released) {
        self.give_back(now, pass, ending.outcome, released);
    }

    fn withdrawn(&mut self, _now: SimTime, ticket: Ticket, _released: &mut Released) {
        self.forget(ticket);
    }

    fn wakes_at(&self) -> Option<SimTime> {
        self.next_change()
    }

    fn wake(&mut self, now: SimTime, released: &mut Released) {
        self.pass(now, released);
    }
}
