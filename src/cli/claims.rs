//! `squall claims`: what sources say, whether it is so, and what the runs show of it.

use std::collections::BTreeSet;

use experiments::claims::answered;
use experiments::results::ClaimResult;
use experiments::suite::Keep;
use reports::claims::print_claims;

use super::arguments::ClaimsArguments;
use super::batch::{self, Ended, Opened};
use super::exit::{Exit, Failure};
use super::files::files_or_library;
use super::terminal;

/// Runs the variants that answer claims, of all files that have some, and prints the claims.
pub(crate) fn run(arguments: &ClaimsArguments) -> Result<Exit, Failure> {
    let mut worst = Exit::Good;
    let mut opened: Vec<Opened> = Vec::new();
    for source in files_or_library(&arguments.paths)? {
        let answers = |study: &mut scenarios::Study| {
            study.keep(&BTreeSet::new(), |expectation| expectation.claim.is_some());
        };
        match batch::open(&source, &arguments.settings, answers) {
            Ok(one) if one.study.claims.is_empty() => {}
            Ok(one) => opened.push(one),
            Err(failure) => {
                terminal::error(&failure);
                worst = worst.max(failure.exit);
            }
        }
    }
    let members: Vec<&Opened> = opened.iter().collect();
    let mut claims: Vec<ClaimResult> = Vec::new();
    let settings = &arguments.settings;
    let ended =
        batch::run(&members, Keep::Figures, "claims", settings, &mut |member, results, _, _| {
            worst = worst.max(how_runs_ended(&results));
            claims.extend(answered(&members[member].study, &results));
        })?;
    if ended == Ended::Interrupted {
        return Err(Failure {
            exit: Exit::Incomplete,
            message: "interrupted: the claims of all scenarios are told together".to_owned(),
        });
    }
    if claims.is_empty() {
        let message = "no scenario says what is claimed: none has `[claims]`".to_owned();
        let nothing = Failure { exit: Exit::Unmatched, message };
        return if worst == Exit::Good { Err(nothing) } else { Ok(worst) };
    }
    let mut text = Vec::new();
    print_claims(&claims, arguments.format, terminal::style(), &mut text)?;
    terminal::print(&String::from_utf8_lossy(&text))?;
    if !claims.iter().all(ClaimResult::is_shown) {
        worst = worst.max(Exit::Missed);
    }
    Ok(worst)
}

fn how_runs_ended(results: &experiments::results::StudyResults) -> Exit {
    let is_aborted = results.variants.iter().any(|variant| variant.verdicts.aborted > 0);
    if is_aborted { Exit::Aborted } else { Exit::Good }
}
