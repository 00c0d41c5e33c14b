//! Versioned rows.

use sim_core::model::spec::RowId;

use super::{Compiler, id};

impl Compiler<'_, '_> {
    /// The row of that name, which has been checked before; notes that it is used.
    pub(super) fn row(&self, name: &str, used: &mut Vec<String>) -> RowId {
        if !used.iter().any(|row| row == name) {
            used.push(name.to_owned());
        }
        RowId(id(self.document.rows.get_index_of(name).unwrap_or(0)))
    }
}
