//! What peers accept in `agent_registry`: the card of a machine, written by its own key.

mod links;
mod types;

use hdi::prelude::*;
use ripple_integrity::{
    check_genesis, check_joining, check_signatures, invalid, read_act, Act, NetworkProperties, Stored,
};
use ripple_shared::agent_registry::check_card;

pub use types::{EntryTypes, LinkTypes, UnitEntryTypes, AGENTS_ANCHOR};

/// Judges this agent's own membrane proof.
#[hdk_extern]
pub fn genesis_self_check(data: GenesisSelfCheckData) -> ExternResult<ValidateCallbackResult> {
    check_genesis(data)
}

/// Judges an operation of any author.
#[hdk_extern]
pub fn validate(op: Op) -> ExternResult<ValidateCallbackResult> {
    match read_act::<EntryTypes, LinkTypes>(&op)? {
        Act::Entry { entry, header } => check_entry(entry, &header),
        Act::Link { link_type, header, link } => links::check(link_type, &header, &link),
        Act::Join { agent, joining } => check_joining(&agent, joining),
        Act::Refused(why) => invalid(why),
        Act::System => Ok(ValidateCallbackResult::Valid),
    }
}

fn check_entry(entry: EntryTypes, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    let EntryTypes::NodeCapability(Stored(card)) = entry;
    let NetworkProperties { max_action_seq: max, membrane } = NetworkProperties::try_from_dna_properties()?;
    if header.action_seq > max {
        return invalid(format!("action_seq is above {max}"));
    }
    check_signatures(check_card(&card, &header.author.clone().into(), membrane.as_ref()))
}
