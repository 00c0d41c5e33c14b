//! Machines: processors that those who work on them share.

mod disk;
mod memory;
mod processor;

use std::sync::Arc;

use super::spec::ServiceId;
use crate::kernel::Bytes;

pub(crate) use disk::Filled;
pub use disk::{Disk, WhenFull};
pub use memory::{Collector, Memory};
pub(crate) use memory::{Pressure, Used};
pub(crate) use processor::Processor;

/// A kind of machines.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineSpec {
    /// Its name in the file.
    pub name: Arc<str>,
    /// How many there are; at least 1. The instances of a service are placed on them in turn.
    pub count: u32,
    /// How many processor cores each has, above 0: not more than so much is worked at a time, shared
    /// by all that work.
    pub cores: f64,
    /// How fast a core is: 1 does a second of service demand in a second.
    pub speed: f64,
    /// How much memory each has; when those who run there take more, the one that takes most is killed.
    /// `None` is no limit.
    pub memory: Option<Bytes>,
    /// Who runs on them.
    pub tenants: Vec<Tenant>,
}

impl MachineSpec {
    /// What their cores are called where they are measured.
    pub fn cores_name(&self) -> String {
        format!("{}.cores", self.name)
    }

    /// How many thousandths of cores all of them have, in which their work is measured.
    pub fn thousandths(&self) -> f64 {
        1000.0 * self.cores * f64::from(self.count)
    }
}

/// A service that runs on machines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tenant {
    /// The service.
    pub service: ServiceId,
    /// How many cores an instance may use at most, above 0 (a CPU limit); `None` is as many as there are.
    pub limit: Option<f64>,
    /// Its share of the cores where they are short, beside the shares of the others (CPU shares); `None`
    /// is one for each of its requests that work, as for processes without groups.
    pub weight: Option<f64>,
}
