//! Panics as failures.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

/// Where the last panic was.
static PLACE: Mutex<String> = Mutex::new(String::new());

/// Keeps panics from being printed while something is done that catches them.
pub fn quietly<T>(what: impl FnOnce() -> T) -> T {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }));
    let done = panic::catch_unwind(AssertUnwindSafe(what));
    panic::set_hook(usual);
    done.unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Does it; if it panics, says where and with which words.
pub(super) fn caught<T>(what: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(what)).map_err(|payload| {
        let place = PLACE.lock().unwrap_or_else(PoisonError::into_inner).clone();
        format!("panic at {place}: {}", words(&*payload))
    })
}

fn words(payload: &(dyn Any + Send)) -> String {
    let plain = payload.downcast_ref::<&str>().map(|words| (*words).to_owned());
    plain.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_where_it_was() {
        let how = quietly(|| caught(|| assert_eq!(1 + 1, 3, "sums"))).unwrap_err();
        assert!(how.contains("caught.rs") && how.contains("sums"), "{how}");
        assert_eq!(caught(|| 7), Ok(7));
    }
}
