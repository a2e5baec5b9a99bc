//! Zome `decisions`: what policies answered.

use hdk::prelude::*;
use policy_store_integrity::{decisions_base, EntryTypes, LinkTypes};
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::Stored;
use ripple_shared::policy_store::{Decision, DecisionsIn};
use ripple_shared::{ActionHashB64, AgentPubKey, Written};

/// Records a decision of this peer.
#[hdk_extern]
pub fn record(decision: Decision) -> ExternResult<ActionHashB64> {
    write_listed(
        EntryTypes::Decision(Stored(decision)),
        LinkTypes::DecisionsIn,
    )
}

/// One author's decisions of one time bucket, oldest first.
#[hdk_extern]
pub fn recent(wanted: DecisionsIn) -> ExternResult<Vec<Written<Decision>>> {
    let base = decisions_base(&AgentPubKey::from(wanted.author), wanted.bucket)?;
    listed(LinkQuery::try_new(base, LinkTypes::DecisionsIn)?)
}
