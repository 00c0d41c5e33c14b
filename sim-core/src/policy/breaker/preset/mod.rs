//! Presets: what a breaker leaves open is as in a library.
//!
//! A library's preset is one file, one `mod` line and one row of the table below.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Breaker;
use crate::catalogue::{Described, Entry};
use crate::policy::outcome::Outcome;

mod article_1;
mod article_4;
mod cockatiel;
mod gobreaker;
mod linkerd2;
mod opossum;
/// The worked example of `CONTRIBUTING.md`, in the place that it is written for.
#[cfg(test)]
#[path = "../../../../../docs/examples/our_client.rs"]
mod our_client;
mod polly_v8;
mod pybreaker;
mod resilience4j;

/// A library whose breaker is described.
trait LibraryBreaker: Described {
    /// Its defaults; what it wants to be told is left open.
    fn defaults() -> Breaker;
}

macro_rules! presets {
    ($( $name:literal => $Variant:ident($Library:ty), )+) => {
        /// A library whose breaker fills what is not given.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum BreakerPreset {
            $(
                #[doc = concat!("`", $name, "` in the scenario file.")]
                #[serde(rename = $name)]
                $Variant,
            )+
        }

        impl BreakerPreset {
            /// Every preset, in the order of the table.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];

            /// Every preset, as `squall list` shows it.
            pub const CATALOGUE: &'static [Entry] = &[ $( Entry {
                kind: "breaker-preset",
                name: $name,
                summary: <$Library>::SUMMARY,
                source: <$Library>::SOURCE,
                parameters: <() as JsonSchema>::json_schema,
            }, )+ ];

            /// The name in the scenario file.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Variant => $name, )+ }
            }

            pub(super) fn defaults(self) -> Breaker {
                match self { $( Self::$Variant => <$Library>::defaults(), )+ }
            }
        }
    };
}

presets! {
    "article-1" => Article1(article_1::Article1),
    "article-4" => Article4(article_4::Article4),
    "cockatiel" => Cockatiel(cockatiel::Cockatiel),
    "gobreaker" => Gobreaker(gobreaker::Gobreaker),
    "linkerd2" => Linkerd2(linkerd2::Linkerd2),
    "opossum" => Opossum(opossum::Opossum),
    "polly-v8" => PollyV8(polly_v8::PollyV8),
    "pybreaker" => Pybreaker(pybreaker::Pybreaker),
    "resilience4j" => Resilience4j(resilience4j::Resilience4j),
}

/// For libraries to which every exception is a failure, the caller's own mistakes and the
/// rejections of inner layers included. Whether a client throws on a 4xx is its own affair; most do.
const THROWN: &[Outcome] = &[
    Outcome::Malformed,
    Outcome::ClientError,
    Outcome::ServerError,
    Outcome::Throttled,
    Outcome::Overflow,
    Outcome::Refused,
    Outcome::Reset,
    Outcome::Unresolved,
    Outcome::ConnectTimeout,
    Outcome::Timeout,
    Outcome::Deadline,
    Outcome::RejectedBreaker,
    Outcome::RejectedBulkhead,
    Outcome::RejectedLimit,
    Outcome::RejectedBudget,
    Outcome::RejectedShed,
    Outcome::DeadlockVictim,
    Outcome::Lost,
];

/// The same for libraries to which a call that was called off is a failure as well.
fn thrown_or_cancelled() -> Option<Vec<Outcome>> {
    Some(THROWN.iter().copied().chain([Outcome::Cancelled]).collect())
}

fn thrown() -> Option<Vec<Outcome>> {
    Some(THROWN.to_vec())
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "a registry is public, but not in a test")]
mod worked_example {
    //! The worked example of `CONTRIBUTING.md`, under the row that it is written for.

    use std::sync::Arc;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::{Breaker, Described, Entry, LibraryBreaker, Outcome, our_client};
    use crate::kernel::{SimDuration, SimTime};
    use crate::policy::backoff::scripted::MIDDLE;
    use crate::policy::breaker::BreakerState;
    use crate::policy::gate::{Answer, Ending, Gate, Released, Ticket};

    presets! {
        "our-client" => OurClient(our_client::OurClient),
    }

    #[test]
    fn is_a_preset_with_its_file_and_its_row() {
        let preset: BreakerPreset = serde_json::from_value("our-client".into()).unwrap();
        assert_eq!((BreakerPreset::ALL, preset.name()), (&[preset][..], "our-client"));
        assert_eq!(BreakerPreset::CATALOGUE[0].source, "our-http-client 3.1, breaker.go");
        let state_after = |failures: u32| {
            let mut machine = Arc::new(preset.defaults().resolve().unwrap()).start();
            let (now, mut draws) = (SimTime::ZERO, MIDDLE);
            for call in 0..50 {
                let answer = machine.ask(now, Ticket(call.into()), &mut draws);
                let Answer::Admit(pass) = answer else { panic!("{answer:?}") };
                let outcome = if call < failures { Outcome::ServerError } else { Outcome::Ok };
                let ending = Ending { outcome, took: SimDuration::ZERO };
                machine.ended(now, pass, ending, &mut Released::new());
            }
            machine.state()
        };
        assert_eq!(state_after(14), BreakerState::Closed);
        assert_eq!(state_after(15), BreakerState::Open);
    }
}
