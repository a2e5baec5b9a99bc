//! The cards of all machines that have arrived here.

use agent_registry_integrity::{LinkTypes, AGENTS_ANCHOR};
use hdk::prelude::*;
use ripple_coordinator::{document, links_from, local_record, newest};
use ripple_integrity::anchor_hash;
use ripple_shared::{agent_registry::NodeCapability, AgentPubKeyB64};

/// A machine's newest card.
#[derive(Serialize, Deserialize, Debug)]
pub struct CardOf {
    /// Its agent.
    pub agent: AgentPubKeyB64,
    /// Its card.
    pub card: NodeCapability,
    /// When its author wrote it, in milliseconds since 1970.
    pub at: i64,
}

/// The newest card of every agent.
#[hdk_extern]
pub fn cards() -> ExternResult<Vec<CardOf>> {
    all_cards()
}

/// The cards that have a capability: `gpu`, `model:<sha256>`, `model-name:<name>`, else a tag.
#[hdk_extern]
pub fn by_capability(wanted: String) -> ExternResult<Vec<CardOf>> {
    Ok(all_cards()?.into_iter().filter(|found| has(&found.card, &wanted)).collect())
}

fn all_cards() -> ExternResult<Vec<CardOf>> {
    let agents = links_from(anchor_hash(AGENTS_ANCHOR)?, LinkTypes::Agents)?;
    let keys: BTreeSet<AgentPubKey> = agents.into_iter().map(|link| link.author).collect();
    let cards: ExternResult<Vec<Option<CardOf>>> = keys.into_iter().map(card_of).collect();
    Ok(cards?.into_iter().flatten().collect())
}

fn card_of(agent: AgentPubKey) -> ExternResult<Option<CardOf>> {
    let link = newest(&links_from(agent.clone(), LinkTypes::Cards)?, &agent);
    let Some(hash) = link.and_then(|link| link.target.into_action_hash()) else {
        return Ok(None);
    };
    let Some(record) = local_record(hash)? else {
        return Ok(None);
    };
    let at = record.action().timestamp().as_millis();
    Ok(document(&record).map(|card| CardOf { agent: agent.into(), card, at }))
}

fn has(card: &NodeCapability, wanted: &str) -> bool {
    let models = &card.capabilities.inference.models;
    match wanted.split_once(':') {
        Some(("model", digest)) => models.iter().any(|model| model.digest.as_str() == digest),
        Some(("model-name", name)) => models.iter().any(|model| model.name == name),
        None if wanted == "gpu" => card.capabilities.compute.gpu.is_some(),
        _ => card.tags.iter().any(|tag| tag == wanted),
    }
}
