//! Random scenarios run through every invariant: each seed is a scenario
//! ([`scenarios::random`]), and what must be true of every run is held against all of its runs.
//! One that breaks an invariant is made smaller for as long as it breaks it in the same way.

mod books;
mod caught;
mod cuts;
mod hold;
mod shrink;

use scenarios::random;
use serde_json::Value;

pub use caught::quietly;
pub use hold::{Held, hold};

/// What became of a random scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Trial {
    /// Every invariant holds.
    Holds {
        /// How many of its runs were given up as running away.
        aborted: usize,
        /// How many events its runs took.
        events: u64,
    },
    /// The checker refused it, with these words.
    Refused(String),
    /// An invariant does not hold.
    Broken(Broken),
}

/// A scenario that breaks an invariant.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Which, and how.
    pub how: String,
    /// The scenario as it was drawn.
    pub drawn: String,
    /// The smallest scenario that was found to break it in the same way.
    pub smallest: String,
    /// How it breaks it.
    pub smallest_how: String,
}

impl Broken {
    /// The smallest scenario as a file that says how it breaks an invariant. Where drawing it failed
    /// already, there is nothing but that.
    pub fn file(&self, seed: u64) -> String {
        let how = if self.smallest_how.is_empty() { &self.how } else { &self.smallest_how };
        let how = how.replace('\n', "\n# ");
        format!("# Made smaller from the seed {seed}.\n# {how}\n\n{}", self.smallest)
    }
}

/// What became of many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Campaign {
    /// How many hold.
    pub held: u64,
    /// Of how many a run was given up as running away; they hold, too.
    pub aborted: u64,
    /// How many the checker refused.
    pub refused: u64,
    /// How many events their runs took.
    pub events: u64,
    /// The seeds of those that break an invariant.
    pub broken: Vec<u64>,
}

/// Tries so many seeds from the first on, and tells of each what became of it before the next is tried.
pub fn campaign(first: u64, number: u64, tell: &mut dyn FnMut(u64, &Trial)) -> Campaign {
    let mut campaign = Campaign::default();
    for seed in (0..number).map(|nth| first.wrapping_add(nth)) {
        let trial = quietly(|| trial(seed));
        match &trial {
            Trial::Holds { aborted, events } => {
                campaign.held += 1;
                campaign.aborted += u64::from(*aborted > 0);
                campaign.events += events;
            }
            Trial::Refused(_) => campaign.refused += 1,
            Trial::Broken(_) => campaign.broken.push(seed),
        }
        tell(seed, &trial);
    }
    campaign
}

/// Draws the scenario of a seed and holds it to every invariant. Call it inside of [`quietly`].
pub fn trial(seed: u64) -> Trial {
    let drawn = match caught::caught(|| random::scenario(seed)) {
        Ok(drawn) => drawn,
        Err(how) => {
            let none = String::new;
            let how = format!("while it is drawn and checked: {how}");
            return Trial::Broken(Broken {
                how,
                drawn: none(),
                smallest: none(),
                smallest_how: none(),
            });
        }
    };
    let text = random::text(&drawn);
    match hold(&text) {
        Held::Holds { aborted, events } => Trial::Holds { aborted, events },
        Held::Refused(words) => Trial::Refused(words),
        Held::Broken(how) => Trial::Broken(broken(&drawn, how)),
    }
}

fn broken(drawn: &Value, how: String) -> Broken {
    let way = way(&how);
    let fails = |smaller: &Value| matches!(hold(&random::text(smaller)), Held::Broken(how) if self::way(&how) == way);
    let smallest = shrink::smallest(drawn, &fails);
    let text = random::text(&smallest);
    let smallest_how = match hold(&text) {
        Held::Broken(how) => how,
        _ => String::new(),
    };
    Broken { how, drawn: random::text(drawn), smallest: text, smallest_how }
}

/// What is the same of two failures of one kind: the words up to the details, without numbers.
fn way(how: &str) -> String {
    let words = how.split(" | ").next().unwrap_or(how);
    words.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_of_one_kind_whatever_their_numbers() {
        assert_eq!(way("panic at a.rs: 3 of 12 | shop"), way("panic at a.rs: 41 of 7 | api"));
        assert_ne!(way("panic at a.rs: 3"), way("panic at b.rs: 3"));
    }
}
