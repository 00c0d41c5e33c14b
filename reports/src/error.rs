//! What can go wrong in writing a report.

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The place it was written to refused.
    #[error("cannot write {what}: {source}")]
    Write {
        /// Which report.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// A picture could not be encoded.
    #[error("cannot draw {what}: {reason}")]
    Draw {
        /// Which picture.
        what: String,
        /// Why.
        reason: String,
    },
}

impl ReportError {
    /// Says of a failed write what was being written.
    pub(crate) fn writing<E: Into<std::io::Error>>(what: &str) -> impl FnOnce(E) -> Self {
        move |source| Self::Write { what: what.to_owned(), source: source.into() }
    }

    /// Says of a failed drawing what was being drawn.
    pub(crate) fn drawing<E: ToString>(what: &str) -> impl FnOnce(E) -> Self {
        move |reason| Self::Draw { what: what.to_owned(), reason: reason.to_string() }
    }
}
