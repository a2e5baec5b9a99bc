//! Entry and link types. Their order is part of the network: append, never reorder.
#![allow(
    missing_docs,
    reason = "the macros make items that carry no documentation"
)]

use hdi::prelude::*;
use ripple_integrity::Stored;
use ripple_shared::{membrane, policy_store as documents};

/// Entry types of `policy_store`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
#[hdk_entry_types]
#[unit_enum(UnitEntryTypes)]
pub enum EntryTypes {
    /// One version of a policy.
    #[entry_type(required_validations = 2)]
    Policy(Stored<documents::Policy>),
    /// What a policy answered.
    #[entry_type(required_validations = 2)]
    Decision(Stored<documents::Decision>),
    /// The seal of a segment of an audit log.
    #[entry_type(required_validations = 2)]
    AuditRecord(Stored<documents::AuditRecord>),
    /// The end of a membership.
    #[entry_type(required_validations = 2)]
    Revocation(Stored<membrane::Revocation>),
}

/// Link types of `policy_store`.
#[derive(Serialize, Deserialize)]
#[hdk_link_types]
pub enum LinkTypes {
    /// From a name to the policies that have it.
    PoliciesByName,
    /// From an author and a time bucket to the decisions in it.
    DecisionsIn,
    /// From an agent's key to its seals.
    SealsBy,
    /// From the anchor of revocations to all of them.
    Revocations,
}
