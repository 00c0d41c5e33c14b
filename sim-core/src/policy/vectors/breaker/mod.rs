//! The section `circuit_breakers`: sequences of calls, and the state after each.

use serde::Deserialize;

use super::VectorOutcome;
use super::compare::{fails, holds};
use crate::policy::breaker::Breaker;

mod cockatiel;
mod driver;
mod gobreaker;
mod opossum;
mod outlier;
mod polly;
mod pybreaker;
mod resilience4j;

#[cfg(test)]
mod tests;

use driver::Driver;

/// The vectors of the breakers, by library; what is in prose has tests of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Breakers {
    pybreaker: Vectors<pybreaker::Config, pybreaker::Event>,
    gobreaker: Vectors<gobreaker::Config, gobreaker::Event>,
    opossum: Vectors<opossum::Config, opossum::Event>,
    cockatiel: cockatiel::Section,
    resilience4j: Vectors<resilience4j::Config, resilience4j::Event>,
    polly_v8: polly::Polly,
    envoy_outlier: outlier::Envoy,
}

impl Breakers {
    pub(super) fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        self.pybreaker.run(outcomes);
        self.gobreaker.run(outcomes);
        self.opossum.run(outcomes);
        self.cockatiel.run(outcomes);
        self.resilience4j.run(outcomes);
        self.polly_v8.run(outcomes);
        self.envoy_outlier.run(outcomes);
    }
}

/// The vectors of a library.
#[derive(Clone, Debug, Deserialize)]
struct Vectors<C, E> {
    vectors: Vec<Vector<C, E>>,
}

impl<C, E> Default for Vectors<C, E> {
    fn default() -> Self {
        Self { vectors: Vec::new() }
    }
}

/// A sequence of calls to a breaker of this configuration.
#[derive(Clone, Debug, Deserialize)]
struct Vector<C, E> {
    name: String,
    config: C,
    events: Vec<E>,
}

/// How a library was told what to do.
trait Configured {
    const LIBRARY: &'static str;

    /// The breaker of this configuration; `None` if it is of something else.
    ///
    /// # Errors
    /// What of it is not understood.
    fn breaker(&self) -> Result<Option<Breaker>, String>;
}

/// Something that happened, and how the library stood after it.
trait Event<C> {
    /// Does it, and compares.
    ///
    /// # Errors
    /// Where the machine and the library part.
    fn happen(&self, config: &C, driver: &mut Driver) -> Result<(), String>;
}

impl<C: Configured, E: Event<C>> Vectors<C, E> {
    fn run(&self, outcomes: &mut Vec<VectorOutcome>) {
        outcomes.extend(self.vectors.iter().filter_map(Vector::run));
    }
}

impl<C: Configured, E: Event<C>> Vector<C, E> {
    fn run(&self) -> Option<VectorOutcome> {
        let compared = match self.config.breaker() {
            Ok(breaker) => self.compare(&breaker?),
            Err(what) => Err(what),
        };
        Some(match compared {
            Ok(()) => holds(C::LIBRARY, &self.name),
            Err(detail) => fails(C::LIBRARY, &self.name, detail),
        })
    }

    fn compare(&self, breaker: &Breaker) -> Result<(), String> {
        let mut driver = Driver::of(breaker)?;
        if self.events.is_empty() {
            return Err("has no events".into());
        }
        for (number, event) in self.events.iter().enumerate() {
            let compared = event.happen(&self.config, &mut driver);
            compared.map_err(|what| format!("event {}: {what}", number + 1))?;
        }
        Ok(())
    }
}

/// Whether ours is theirs.
///
/// # Errors
/// Both, if not.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: T, theirs: T) -> Result<(), String> {
    match ours == theirs {
        true => Ok(()),
        false => Err(format!("{what} is {ours:?}, not {theirs:?}")),
    }
}
