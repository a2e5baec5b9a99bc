//! Who may hang what where.

use crate::types::{LinkTypes, AGENTS_ANCHOR};
use hdi::prelude::*;
use ripple_integrity::{anchor_hash, invalid, NetworkProperties};

/// Judges a link: an agent lists only itself, and hangs only its own cards on its key. Tags are empty.
pub fn check(
    link_type: LinkTypes,
    header: &ActionHeader,
    link: &CreateLinkData,
) -> ExternResult<ValidateCallbackResult> {
    if header.action_seq > NetworkProperties::try_from_dna_properties()?.max_action_seq {
        return invalid("action_seq is above the network's bound");
    }
    if !link.tag.0.is_empty() {
        return invalid("a link of agent_registry has no tag");
    }
    match link_type {
        LinkTypes::Agents => check_agent(header, link),
        LinkTypes::Cards => check_card_link(header, link),
    }
}

fn check_agent(header: &ActionHeader, link: &CreateLinkData) -> ExternResult<ValidateCallbackResult> {
    if link.base_address != anchor_hash(AGENTS_ANCHOR)? {
        return invalid("an agent is listed under the anchor of agents");
    }
    if link.target_address != AnyLinkableHash::from(header.author.clone()) {
        return invalid("an agent lists itself");
    }
    Ok(ValidateCallbackResult::Valid)
}

fn check_card_link(header: &ActionHeader, link: &CreateLinkData) -> ExternResult<ValidateCallbackResult> {
    if link.base_address != AnyLinkableHash::from(header.author.clone()) {
        return invalid("a card hangs on its author's key");
    }
    let Some(target) = link.target_address.clone().into_action_hash() else {
        return invalid("a card's link names the action that wrote it");
    };
    let card = must_get_action(target)?;
    let is_card = matches!(card.action().entry_type(), Some(EntryType::App(definition)) if definition.entry_index.0 == 0);
    if card.action().author() != &header.author || !is_card {
        return invalid("a card's link names a card of its author");
    }
    Ok(ValidateCallbackResult::Valid)
}
