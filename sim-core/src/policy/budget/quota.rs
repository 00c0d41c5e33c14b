//! The quota that the AWS SDKs' retries share.

/// What is left of a capacity that retries take and successes give back.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    max: u32,
    left: u32,
}

impl Quota {
    /// A full one.
    pub(super) fn of(max: u32) -> Self {
        Self { max, left: max }
    }

    /// Takes the amount, if that much is left.
    pub(super) fn acquire(&mut self, amount: u32) -> bool {
        let enough = amount <= self.left;
        if enough {
            self.left -= amount;
        }
        enough
    }

    /// Gives the amount back; what would pass the capacity is lost.
    pub(super) fn release(&mut self, amount: u32) {
        self.left += amount.min(self.max - self.left);
    }

    /// What is left.
    pub(super) fn left(self) -> u32 {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_to_the_last_and_given_back_to_the_brim() {
        let mut quota = Quota::of(10);
        assert!(!quota.acquire(11));
        assert!(quota.acquire(4) && quota.acquire(6));
        assert!(!quota.acquire(1));
        assert_eq!(quota.left(), 0);
        quota.release(9);
        assert_eq!(quota.left(), 9);
        quota.release(u32::MAX);
        assert_eq!(quota.left(), 10);
    }
}
