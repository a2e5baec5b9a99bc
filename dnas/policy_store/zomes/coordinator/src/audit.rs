//! Zome `audit`: seals of the audit logs that peers keep.

use hdk::prelude::*;
use policy_store_integrity::{EntryTypes, LinkTypes};
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::Stored;
use ripple_shared::policy_store::AuditRecord;
use ripple_shared::{ActionHashB64, AgentPubKey, AgentPubKeyB64, Written};

/// Seals a segment of this peer's log.
#[hdk_extern]
pub fn append(record: AuditRecord) -> ExternResult<ActionHashB64> {
    write_listed(EntryTypes::AuditRecord(Stored(record)), LinkTypes::SealsBy)
}

/// One author's seals, oldest first.
#[hdk_extern]
pub fn list(author: AgentPubKeyB64) -> ExternResult<Vec<Written<AuditRecord>>> {
    listed(LinkQuery::try_new(
        AgentPubKey::from(author),
        LinkTypes::SealsBy,
    )?)
}
