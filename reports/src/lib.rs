//! Floor 6: what people and other programs read of a study's results: the terminal's table, CSV,
//! JSON, Markdown and charts.
//!
//! Everything writes to a [`Write`](std::io::Write) or returns bytes; nothing opens a file, looks at
//! the terminal or the environment. The same results give the same bytes.
//!
//! - [`print()`] writes what a run prints: the expectations, then the table, in a [`Format`];
//!   [`print_sweep`] the table of a sweep.
//! - [`folder`] names and writes the files of a results folder.
//! - [`mod@trace`] writes what happened to single calls, for Perfetto and Jaeger.
//! - [`suite`] tells of many scenarios that are run as tests, for the terminal and as JUnit XML.
//! - [`mod@claims`] tells what sources say and what is so; [`pages`] makes a page of each scenario.
//! - [`charts`] draws; [`numbers`] says how a figure is written.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod charts;
pub mod claims;
pub mod csv;
pub mod folder;
pub mod json;
pub mod markdown;
pub mod numbers;
pub mod pages;
pub mod suite;
pub mod terminal;
pub mod trace;

mod columns;
mod error;
#[cfg(test)]
mod fixture;
mod format;
#[cfg(test)]
mod own_charts;
mod sweep_grid;
#[cfg(test)]
mod watched;

pub use error::ReportError;
pub use format::{Format, print, print_sweep};
