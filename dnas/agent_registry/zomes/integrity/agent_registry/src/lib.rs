//! What peers accept in `agent_registry`: the card of a machine, written by its own key.

mod links;
mod types;

use hdi::prelude::*;
use ripple_integrity::{invalid, read_act, verdict, Act, NetworkProperties, Stored};
use ripple_shared::agent_registry::check_card;

pub use types::{EntryTypes, LinkTypes, UnitEntryTypes, AGENTS_ANCHOR};

/// Judges an operation of any author.
#[hdk_extern]
pub fn validate(op: Op) -> ExternResult<ValidateCallbackResult> {
    match read_act::<EntryTypes, LinkTypes>(&op)? {
        Act::Entry { entry, header } => check_entry(entry, &header),
        Act::Link { link_type, header, link } => links::check(link_type, &header, &link),
        Act::Refused(why) => invalid(why),
        Act::System => Ok(ValidateCallbackResult::Valid),
    }
}

fn check_entry(entry: EntryTypes, header: &ActionHeader) -> ExternResult<ValidateCallbackResult> {
    let EntryTypes::NodeCapability(Stored(card)) = entry;
    let max = NetworkProperties::try_from_dna_properties()?.max_action_seq;
    if header.action_seq > max {
        return invalid(format!("action_seq is above {max}"));
    }
    let author = header.author.clone().into();
    match check_card(&card, &author) {
        Err(why) => invalid(why),
        Ok(binding) => {
            let key = AgentPubKey::from_raw_32(binding.public_key.to_vec());
            let signed = verify_signature_raw(key, binding.signature, binding.message)?;
            verdict(if signed { Ok(()) } else { Err("the peer's signature does not cover the agent's key") })
        }
    }
}
