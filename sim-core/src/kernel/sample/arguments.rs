//! The arguments of a distribution: in order, or by name.

use super::super::SimDuration;
use super::sampler::Impossible;
use super::text::{Call, DistributionError, Piece, duration};

/// The arguments of one call, matched with its parameters.
pub(super) struct Arguments<'a> {
    call: Call<'a>,
    usage: &'static str,
    given: Vec<(&'static str, Piece<'a>)>,
}

impl<'a> Arguments<'a> {
    /// Matches a call's arguments with `parameters`, the first `in_order` of which may be given
    /// without their name.
    pub(super) fn of(
        call: &Call<'a>,
        usage: &'static str,
        parameters: &[&'static str],
        in_order: usize,
    ) -> Result<Self, DistributionError> {
        let mut arguments = Self { call: *call, usage, given: Vec::new() };
        for (position, part) in call.inside.parts().into_iter().enumerate() {
            let (parameter, value) = match part.split_at_first('=') {
                Some((name, value)) => (arguments.named(name, parameters)?, value),
                None => (arguments.placed(part, position, &parameters[..in_order])?, part),
            };
            if arguments.find(parameter).is_some() {
                return Err(part.error(format!("`{parameter}` is given twice; write {usage}")));
            }
            arguments.given.push((parameter, value));
        }
        Ok(arguments)
    }

    /// Whether a parameter is given.
    pub(super) fn has(&self, parameter: &str) -> bool {
        self.find(parameter).is_some()
    }

    /// A parameter that is a duration.
    pub(super) fn duration(&self, parameter: &str) -> Result<SimDuration, DistributionError> {
        duration(self.required(parameter)?)
    }

    /// A parameter that is a number.
    pub(super) fn number(&self, parameter: &str) -> Result<f64, DistributionError> {
        number(self.required(parameter)?)
    }

    /// A parameter that is a whole number.
    pub(super) fn count(&self, parameter: &str) -> Result<u32, DistributionError> {
        let value = self.required(parameter)?;
        value
            .text
            .parse()
            .map_err(|_| value.error(format!("`{}` is not a whole number, such as 3", value.text)))
    }

    /// A file's name.
    pub(super) fn file(&self, parameter: &str) -> Result<&'a str, DistributionError> {
        self.required(parameter).map(|value| value.text)
    }

    /// Points at the parameter that has an impossible value.
    pub(super) fn blame(&self, impossible: Impossible) -> DistributionError {
        let place = self.find(impossible.parameter).unwrap_or(self.call.name);
        place.error(impossible.to_string())
    }

    fn find(&self, parameter: &str) -> Option<Piece<'a>> {
        self.given.iter().find(|(name, _)| *name == parameter).map(|(_, value)| *value)
    }

    fn required(&self, parameter: &str) -> Result<Piece<'a>, DistributionError> {
        self.find(parameter).ok_or_else(|| {
            let (name, usage) = (self.call.name, self.usage);
            name.error(format!("`{}` lacks its parameter `{parameter}`: write {usage}", name.text))
        })
    }

    fn named(
        &self,
        name: Piece<'a>,
        parameters: &[&'static str],
    ) -> Result<&'static str, DistributionError> {
        parameters.iter().find(|p| **p == name.text).copied().ok_or_else(|| {
            name.error(format!(
                "`{}` has no parameter `{}`: write {}",
                self.call.name.text, name.text, self.usage
            ))
        })
    }

    fn placed(
        &self,
        part: Piece<'a>,
        position: usize,
        parameters: &[&'static str],
    ) -> Result<&'static str, DistributionError> {
        let name = self.call.name.text;
        match parameters.get(position) {
            Some(parameter) => Ok(parameter),
            _ if part.text.is_empty() => Err(self
                .call
                .name
                .error(format!("`{name}` has a comma too many: write {}", self.usage))),
            _ if parameters.is_empty() => {
                Err(part.error(format!("`{}` lacks its name: write {}", part.text, self.usage)))
            }
            _ => Err(part.error(format!(
                "`{}` is one value too many for `{name}`: write {}",
                part.text, self.usage
            ))),
        }
    }
}

/// Reads a finite number.
pub(super) fn number(value: Piece<'_>) -> Result<f64, DistributionError> {
    let finite = value.text.parse().ok().filter(|n: &f64| n.is_finite());
    finite.ok_or_else(|| value.error(format!("`{}` is not a number, such as 1.5", value.text)))
}
