//! Floor 4: the scenario language: the file format, its checks and messages, and its compilation
//! to a model. Takes text and a source of files; opens none itself.
//!
//! A file goes through these steps, each of which reports all that it finds:
//!
//! | Step | Module | Finds |
//! |---|---|---|
//! | TOML to a tree whose every key and value knows its place | `tree` | mistakes of syntax |
//! | what `--set` and variants set | `tree`, [`Override`] | paths that lead nowhere |
//! | the tree against the schema that the types generate | [`schema`](fn@schema) | unknown keys and names, wrong types, strings outside their grammar |
//! | the tree to types, the types to a [`Model`](sim_core::model::spec::Model) | `document`, `compile` | contradictions |
//! | the model | `check` | cycles, loops that take no time, traps |

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod check;
mod compile;
mod diagnostic;
mod document;
pub mod expectation;
mod load;
mod overrides;
pub mod random;
pub mod resource;
mod schema;
mod settings;
mod source;
pub mod study;
mod suggest;
mod tree;
mod warning;

pub use diagnostic::{Diagnostic, Diagnostics, Place, Severity};
pub use document::ClaimVerdict;
pub use load::load;
pub use overrides::{Override, OverrideError};
pub use schema::{Field, outline, schema};
pub use settings::{Setting, settings};
pub use source::{FileError, FileSource, NoFiles};
pub use study::{Claim, Steady, Study, Variant, VariantExpectation};
pub use suggest::nearest;
pub use warning::Trap;
