//! Where the entries of `policy_store` hang.

use crate::types::{EntryTypes, LinkTypes};
use hdi::prelude::*;
use ripple_integrity::{anchor_hash, Listed, Place, Stored};
use ripple_shared::policy_store::limits::DECISION_BUCKET_MS;

/// What the policies of one name hang on.
pub fn name_base(name: &str) -> ExternResult<AnyLinkableHash> {
    anchor_hash(&format!("policy/{name}"))
}

/// What one author's decisions of one time bucket hang on; the bucket is `at / DECISION_BUCKET_MS`.
pub fn decisions_base(author: &AgentPubKey, bucket: u64) -> ExternResult<AnyLinkableHash> {
    anchor_hash(&format!("decisions/{author}/{bucket}"))
}

/// What all revocations hang on.
pub fn revocations_base() -> ExternResult<AnyLinkableHash> {
    anchor_hash("revocations")
}

impl Listed for EntryTypes {
    type Link = LinkTypes;

    fn place(&self, link_type: LinkTypes, author: &AgentPubKey) -> ExternResult<Option<Place>> {
        Ok(match (link_type, self) {
            (LinkTypes::PoliciesByName, Self::Policy(Stored(policy))) => {
                Some(Place::at(name_base(&policy.name)?))
            }
            (LinkTypes::DecisionsIn, Self::Decision(Stored(decision))) => Some(Place::at(
                decisions_base(author, decision.at / DECISION_BUCKET_MS)?,
            )),
            (LinkTypes::SealsBy, Self::AuditRecord(_)) => Some(Place::at(author.clone())),
            (LinkTypes::Revocations, Self::Revocation(_)) => Some(Place::at(revocations_base()?)),
            _ => None,
        })
    }
}
