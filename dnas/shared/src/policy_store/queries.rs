//! What is asked of `policy_store`, and how answers are picked.

use super::Policy;
use crate::written::{highest_of_each, Written};
use crate::AgentPubKeyB64;
use serde::{Deserialize, Serialize};

/// One publisher's policy of some name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct PolicyOf {
    /// Its name.
    pub name: String,
    /// Its publisher.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub publisher: AgentPubKeyB64,
}

/// One author's decisions of one time bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct DecisionsIn {
    /// Who decided.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub author: AgentPubKeyB64,
    /// `at` divided by the width of a bucket, one hour in milliseconds.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub bucket: u64,
}

/// Each publisher's highest version.
pub fn newest_of_each_publisher(policies: Vec<Written<Policy>>) -> Vec<Written<Policy>> {
    highest_of_each(
        policies,
        |policy| policy.author.clone(),
        |policy| policy.entry.version,
    )
}
