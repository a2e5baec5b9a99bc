//! Entry and link types. Their order is part of the network: append, never reorder.
// The macros below write items without documentation.
#![allow(missing_docs)]

use hdi::prelude::*;
use ripple_integrity::Stored;
use ripple_shared::agent_registry::NodeCapability as Card;

/// The name of the link base under which every agent is listed once.
pub const AGENTS_ANCHOR: &str = "agents";

/// Entry types of `agent_registry`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
#[hdk_entry_types]
#[unit_enum(UnitEntryTypes)]
pub enum EntryTypes {
    /// A machine's card.
    #[entry_type(required_validations = 2)]
    NodeCapability(Stored<Card>),
}

/// Link types of `agent_registry`.
#[derive(Serialize, Deserialize)]
#[hdk_link_types]
pub enum LinkTypes {
    /// From the anchor of all agents to one agent's key.
    Agents,
    /// From an agent's key to its cards.
    Cards,
}
