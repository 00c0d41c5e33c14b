//! What Envoy's limits on concurrent retries count.

use super::CallMemory;

/// How many attempts and how many retries are under way.
///
/// A retry counts from the decision to make it, so that one that waits in its backoff holds its
/// place, or only from when it goes out. It counts until the next attempt of the call ends, or
/// the call does (`RetryStateImpl::resetRetry`).
#[derive(Clone, Copy, Debug)]
pub struct Concurrency {
    count_backoff: bool,
    attempts: u64,
    retries: u64,
}

impl Concurrency {
    pub(super) fn new(count_backoff: bool) -> Self {
        Self { count_backoff, attempts: 0, retries: 0 }
    }

    /// Retries that count now.
    pub(super) fn retries(self) -> u64 {
        self.retries
    }

    /// Attempts that are under way or wait for a connection. The one that has just ended counts as
    /// well while it is decided whether to retry it: its stream is closed only afterwards.
    pub(super) fn attempts_when_deciding(self) -> u64 {
        self.attempts + 1
    }

    pub(super) fn attempt_starts(&mut self, memory: &mut CallMemory) {
        self.attempts += 1;
        memory.attempts += 1;
        if memory.in_backoff > 0 {
            memory.in_backoff -= 1;
            self.retry_counts(memory);
        }
    }

    pub(super) fn attempt_ends(&mut self, memory: &mut CallMemory) {
        if memory.attempts > 0 {
            self.attempts -= 1;
            memory.attempts -= 1;
        }
        if memory.retrying > 0 {
            self.retries -= 1;
            memory.retrying -= 1;
        }
    }

    /// A retry was permitted.
    pub(super) fn retry_permitted(&mut self, memory: &mut CallMemory) {
        if self.count_backoff {
            self.retry_counts(memory);
        } else {
            memory.in_backoff += 1;
        }
    }

    fn retry_counts(&mut self, memory: &mut CallMemory) {
        self.retries += 1;
        memory.retrying += 1;
    }

    pub(super) fn call_ends(&mut self, memory: &mut CallMemory) {
        self.attempts -= u64::from(memory.attempts);
        self.retries -= u64::from(memory.retrying);
        *memory = CallMemory::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_counts_from_when_it_goes_out_until_an_attempt_ends_and_only_once() {
        let (mut counts, mut memory) = (Concurrency::new(false), CallMemory::default());
        counts.attempt_starts(&mut memory);
        counts.attempt_ends(&mut memory);
        counts.retry_permitted(&mut memory);
        assert_eq!(counts.retries(), 0, "it waits in its backoff");
        counts.attempt_starts(&mut memory);
        assert_eq!((counts.retries(), counts.attempts_when_deciding()), (1, 2));
        counts.attempt_ends(&mut memory);
        counts.attempt_starts(&mut memory);
        assert_eq!(counts.retries(), 0, "nobody permitted a second retry");
        counts.attempt_ends(&mut memory);
        counts.call_ends(&mut memory);
        assert_eq!((counts.retries(), counts.attempts_when_deciding()), (0, 1));
    }

    #[test]
    fn the_end_of_an_attempt_that_never_started_takes_nothing_away() {
        let (mut counts, mut memory) = (Concurrency::new(true), CallMemory::default());
        counts.attempt_ends(&mut memory);
        assert_eq!((counts.retries(), counts.attempts_when_deciding()), (0, 1));
    }
}
