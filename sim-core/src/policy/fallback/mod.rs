//! Fallbacks: what a caller makes do with when a call fails.
//!
//! A chain of answers is tried in order; the first that is there ends the call as `degraded`,
//! which is counted apart from a good answer. If none is, the failure stands.

use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, OutcomeSet};
use super::problem::{Problem, Problems};
use super::scope::Scope;
use crate::catalogue::{Described, registry};
use crate::kernel::SimTime;
use crate::kernel::draw::unit_f64;

pub mod cache;
pub mod call;
pub mod queue;
pub mod value;

registry! {
    ($)
    /// An answer to make do with.
    pub enum Substitute as "fallback", dispatch each_substitute {
        "value" => Value(value::Value),
        "cache" => Cache(cache::Cache),
        "call" => Call(call::Call),
        "queue" => Queue(queue::Queue),
    }
}

/// What a caller makes do with when a call fails, as the scenario file states it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// The answers to make do with, the best first; at least one.
    pub chain: Vec<Substitute>,
    /// The outcomes that are made up for; if not given: every failure but `cancelled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<Outcome>>,
    /// Whose good answers a cache remembers.
    #[serde(default)]
    pub scope: Scope,
}

/// A checked fallback: what the engine follows.
#[derive(Clone, Debug, PartialEq)]
pub struct FallbackPolicy {
    /// The answers to make do with, the best first.
    pub chain: Vec<Substitute>,
    /// The outcomes that are made up for.
    pub on: OutcomeSet,
    /// Whose good answers a cache remembers.
    pub scope: Scope,
}

/// What fallbacks remember: when there last was a good answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastGood(Option<SimTime>);

/// How long a chain may be.
const MOST_SUBSTITUTES: usize = 100;

/// The parameters of a substitute.
trait Substitutes: Described {
    /// What is wrong with them.
    fn check(&self) -> Problems {
        Problems::default()
    }

    /// What comes of it; takes at most one draw.
    fn answer<R: Rng>(&self, now: SimTime, last_good: LastGood, draws: &mut R) -> Answer;
}

/// What comes of a substitute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// It is there.
    There,
    /// It is not there.
    Missing,
    /// Somebody else has to be asked.
    Asked,
    /// A broker has to take it.
    Queued,
}

impl Answer {
    fn there_if(it_is: bool) -> Self {
        if it_is { Self::There } else { Self::Missing }
    }
}

/// What is made do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeDo {
    /// An answer that is there.
    With,
    /// Nothing is there.
    Not,
    /// The call at this place of the chain has to be made. If it fails, ask again for what comes
    /// after it.
    Calling(u8),
    /// A message has to be published as this place of the chain says. If there is no room for it, ask
    /// again for what comes after it.
    Queueing(u8),
}

impl Fallback {
    /// Checks the chain and fills in the outcomes.
    ///
    /// # Errors
    /// Every mistake, with the place it is at, such as `chain.1.value.fails`.
    pub fn resolve(&self) -> Result<FallbackPolicy, Problems> {
        let mut problems = Problems::default();
        problems.note_if(self.chain.is_empty(), "chain", "is empty: nothing is made do with");
        let too_long = self.chain.len() > MOST_SUBSTITUTES;
        problems.note_if(
            too_long,
            "chain",
            format_args!("has more than {MOST_SUBSTITUTES} places"),
        );
        for (place, substitute) in self.chain.iter().enumerate() {
            let found = each_substitute!(substitute, substitute => substitute.check());
            problems.note_inside(&format!("chain.{place}.{}", substitute.name()), found);
        }
        for outcome in self.on.iter().flatten().filter(|outcome| !outcome.is_failure()) {
            let message =
                format!("`{}` is no failure: nothing is to be made up for", outcome.name());
            problems.0.push(Problem::at("on", message));
        }
        problems.or_none()?;
        let failures = || {
            let made_up_for = |o: &Outcome| o.is_failure() && *o != Outcome::Cancelled;
            Outcome::ALL.iter().copied().filter(made_up_for).collect()
        };
        let on = OutcomeSet::of(&self.on.clone().unwrap_or_else(failures));
        Ok(FallbackPolicy { chain: self.chain.clone(), on, scope: self.scope })
    }
}

impl FallbackPolicy {
    /// What is there to make do with from this place of the chain on; takes at most one draw a
    /// place.
    pub fn make_do<R: Rng>(
        &self,
        from: u8,
        now: SimTime,
        last_good: LastGood,
        draws: &mut R,
    ) -> MadeDo {
        for (place, substitute) in self.chain.iter().enumerate().skip(usize::from(from)) {
            match each_substitute!(substitute, one => one.answer(now, last_good, draws)) {
                Answer::There => return MadeDo::With,
                Answer::Missing => {}
                Answer::Asked => return MadeDo::Calling(place as u8),
                Answer::Queued => return MadeDo::Queueing(place as u8),
            }
        }
        MadeDo::Not
    }

    /// The calls of the chain, with their places in it.
    pub fn calls(&self) -> impl Iterator<Item = (u8, &call::Call)> {
        let places = self.chain.iter().enumerate();
        places.filter_map(|(place, substitute)| match substitute {
            Substitute::Call(call) => Some((place as u8, call)),
            _ => None,
        })
    }

    /// The broker that the message at this place of the chain is for.
    pub fn broker(&self, place: u8) -> Option<u16> {
        match self.chain.get(usize::from(place))? {
            Substitute::Queue(queue) => Some(queue.broker),
            _ => None,
        }
    }

    /// The queues of the chain.
    pub fn queues(&self) -> impl Iterator<Item = &queue::Queue> {
        self.chain.iter().filter_map(|substitute| match substitute {
            Substitute::Queue(queue) => Some(queue),
            _ => None,
        })
    }

    /// The queues of the chain, to be told where their brokers are.
    pub fn queues_mut(&mut self) -> impl Iterator<Item = &mut queue::Queue> {
        self.chain.iter_mut().filter_map(|substitute| match substitute {
            Substitute::Queue(queue) => Some(queue),
            _ => None,
        })
    }
}

impl LastGood {
    /// There was a good answer.
    pub fn note(&mut self, now: SimTime) {
        self.0 = Some(now);
    }

    /// When it was, if there was one.
    pub fn time(self) -> Option<SimTime> {
        self.0
    }
}

/// Whether something that happens with this probability does.
fn happens<R: Rng>(probability: f64, draws: &mut R) -> bool {
    // A draw that cannot matter is not taken.
    probability > 0.0 && (probability >= 1.0 || unit_f64(draws.next_u64()) < probability)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use serde_json::json;

    use super::*;

    fn resolved(fallback: serde_json::Value) -> Result<FallbackPolicy, Problems> {
        serde_json::from_value::<Fallback>(fallback).unwrap().resolve()
    }

    #[test]
    fn the_first_that_is_there_helps() {
        let chain =
            json!({ "chain": [{ "cache": { "max_age": "30s" } }, { "value": { "fails": 0.25 } }] });
        let fallback = resolved(chain).unwrap();
        let mut draws = ChaCha8Rng::seed_from_u64(1);
        let mut last_good = LastGood::default();
        let now = |seconds: u64| SimTime::from_nanos(seconds * 1_000_000_000);
        let mut helps = |at, last_good| {
            let mut times = || fallback.make_do(0, now(at), last_good, &mut draws);
            (0..4_000).filter(|_| times() == MadeDo::With).count()
        };
        let without_cache = helps(10, last_good);
        assert!((2_850..3_150).contains(&without_cache), "{without_cache}");
        last_good.note(now(10));
        assert_eq!(helps(40, last_good), 4_000, "30 s old is not too old");
        assert!(helps(41, last_good) < 4_000);
    }

    #[test]
    fn a_call_has_to_be_made_before_what_comes_after_it() {
        let chain = json!({ "chain": [
            { "cache": { "max_age": "30s" } }, { "call": { "to": "spare" } }, { "value": {} },
        ] });
        let fallback = resolved(chain).unwrap();
        let mut draws = ChaCha8Rng::seed_from_u64(1);
        let mut made_do =
            |from| fallback.make_do(from, SimTime::ZERO, LastGood::default(), &mut draws);
        assert_eq!(made_do(0), MadeDo::Calling(1));
        assert_eq!(made_do(2), MadeDo::With);
        assert_eq!(made_do(3), MadeDo::Not);
        let calls: Vec<_> = fallback.calls().map(|(place, call)| (place, &*call.to)).collect();
        assert_eq!(calls, [(1, "spare")]);
    }

    #[test]
    fn everything_but_a_cancelled_call_is_made_up_for() {
        let fallback = resolved(json!({ "chain": [{ "value": {} }] })).unwrap();
        for outcome in Outcome::ALL {
            let expected = outcome.is_failure() && *outcome != Outcome::Cancelled;
            assert_eq!(fallback.on.contains(*outcome), expected, "{outcome:?}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_places() {
        let wrong = json!({
            "chain": [{ "value": {} }, { "value": { "fails": 1.5 } }, { "cache": { "max_age": "0s" } }],
            "on": ["ok"],
        });
        assert_eq!(
            resolved(wrong).unwrap_err().to_string(),
            "`chain.1.value.fails` must be from 0 to 1, not 1.5; \
             `chain.2.cache.max_age` must be above zero; \
             `on` `ok` is no failure: nothing is to be made up for"
        );
        assert_eq!(
            resolved(json!({ "chain": [] })).unwrap_err().to_string(),
            "`chain` is empty: nothing is made do with"
        );
    }

    #[test]
    fn a_chain_may_have_a_hundred_places() {
        let chain =
            |places: usize| resolved(json!({ "chain": vec![json!({ "value": {} }); places] }));
        assert!(chain(MOST_SUBSTITUTES).is_ok());
        let error = chain(MOST_SUBSTITUTES + 1).unwrap_err().to_string();
        assert!(error.contains("more than 100 places"), "{error}");
    }

    #[test]
    fn what_never_happens_takes_no_draw_and_a_draw_must_lie_below() {
        use crate::policy::backoff::scripted::Always;
        let (mut drawn, mut untouched) =
            (ChaCha8Rng::seed_from_u64(1), ChaCha8Rng::seed_from_u64(1));
        assert!(!happens(0.0, &mut drawn) && happens(1.0, &mut drawn));
        assert_eq!(drawn.next_u64(), untouched.next_u64());
        assert!(!happens(0.5, &mut Always::unit(0.5)));
        assert!(happens(0.5, &mut Always::unit(0.499)));
    }
}
