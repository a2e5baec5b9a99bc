//! From a rule's answer to the conductor's.

use hdi::prelude::*;
use std::fmt::Display;

/// Refuses the operation. Every peer that sees it blocks its author.
pub fn invalid(why: impl Display) -> ExternResult<ValidateCallbackResult> {
    Ok(ValidateCallbackResult::Invalid(why.to_string()))
}

/// Turns a rule's answer into the conductor's.
pub fn verdict(answer: Result<(), impl Display>) -> ExternResult<ValidateCallbackResult> {
    match answer {
        Ok(()) => Ok(ValidateCallbackResult::Valid),
        Err(why) => invalid(why),
    }
}
