//! What peers accept in `resource_mesh`: the rules of the task protocol, asked with the records that an act names.

mod buckets;
mod known;
mod types;

use hdi::prelude::*;
use known::{judge_entry, known};
use ripple_integrity::{check_genesis, check_joining, invalid, read_act, verdict, Act, NetworkProperties};
use ripple_shared::resource_mesh::{check_link, At, LinkBase};

pub use buckets::bucket_hash;
pub use types::{EntryTypes, LinkTypes, UnitEntryTypes};

/// Judges this agent's own membrane proof.
#[hdk_extern]
pub fn genesis_self_check(data: GenesisSelfCheckData) -> ExternResult<ValidateCallbackResult> {
    check_genesis(data)
}

/// Judges an operation of any author.
#[hdk_extern]
pub fn validate(op: Op) -> ExternResult<ValidateCallbackResult> {
    match read_act::<EntryTypes, LinkTypes>(&op)? {
        Act::Entry { entry, header } => verdict(judge_entry(&entry.into(), &at(&header)?)?),
        Act::Link { link_type, header, link } => judge_link(link_type, &header, &link),
        Act::Join { agent, joining } => check_joining(&agent, joining),
        Act::Refused(why) => invalid(why),
        Act::System => Ok(ValidateCallbackResult::Valid),
    }
}

fn judge_link(
    link_type: LinkTypes,
    header: &ActionHeader,
    link: &CreateLinkData,
) -> ExternResult<ValidateCallbackResult> {
    let Some(target) = link.target_address.clone().into_action_hash() else {
        return invalid("a link of resource_mesh leads to an action");
    };
    let at = at(header)?;
    let Some(target) = known(&target, &at)? else {
        return invalid("a link of resource_mesh leads to an entry of it");
    };
    match check_link(link_type.into(), &at, &target, link.tag.0.len()) {
        Ok(base) => match base_hash(base)? == link.base_address {
            true => Ok(ValidateCallbackResult::Valid),
            false => invalid("the link starts at another base than its target belongs to"),
        },
        Err(why) => invalid(why),
    }
}

fn base_hash(base: LinkBase) -> ExternResult<AnyLinkableHash> {
    Ok(match base {
        LinkBase::Action(hash) => hash.into(),
        LinkBase::Agent(key) => AgentPubKey::from(key).into(),
        LinkBase::Bucket(bucket) => bucket_hash(bucket)?,
    })
}

fn at(header: &ActionHeader) -> ExternResult<At> {
    Ok(At {
        author: header.author.clone(),
        action_seq: header.action_seq,
        dna_hash: dna_info()?.hash,
        max_action_seq: NetworkProperties::try_from_dna_properties()?.max_action_seq,
    })
}
