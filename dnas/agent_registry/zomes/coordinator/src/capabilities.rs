//! This machine's own card.

use agent_registry_integrity::{EntryTypes, LinkTypes, AGENTS_ANCHOR};
use hdk::prelude::*;
use ripple_coordinator::{document, links_from, local_record, newest, own_key};
use ripple_integrity::{anchor_hash, Stored};
use ripple_shared::{agent_registry::NodeCapability, ActionHashB64};

/// Writes this machine's card and hangs it on the agent's key; the first one also lists the agent.
///
/// It does not compare with the card before: whoever calls writes only what has changed.
#[hdk_extern]
pub fn publish(card: NodeCapability) -> ExternResult<ActionHashB64> {
    let key = own_key()?;
    let hash = create_entry(EntryTypes::NodeCapability(Stored(card)))?;
    let agents = anchor_hash(AGENTS_ANCHOR)?;
    if newest(&links_from(agents.clone(), LinkTypes::Agents)?, &key).is_none() {
        create_link(agents, key.clone(), LinkTypes::Agents, ())?;
    }
    create_link(key, hash.clone(), LinkTypes::Cards, ())?;
    Ok(hash.into())
}

/// This machine's newest card.
#[hdk_extern]
pub fn mine() -> ExternResult<Option<NodeCapability>> {
    let key = own_key()?;
    let Some(link) = newest(&links_from(key.clone(), LinkTypes::Cards)?, &key) else {
        return Ok(None);
    };
    let Some(hash) = link.target.into_action_hash() else {
        return Ok(None);
    };
    Ok(local_record(hash)?.and_then(|record| document(&record)))
}
