//! What peers accept in `resource_mesh`: the rules of the task protocol, asked with the records that an act names.

mod buckets;
mod types;

use hdi::prelude::*;
use ripple_integrity::{invalid, read_act, verdict, Act, NetworkProperties};
use ripple_shared::resource_mesh::{check_entry, check_link, At, Known, LinkBase};

pub use buckets::bucket_hash;
pub use types::{EntryTypes, LinkTypes, UnitEntryTypes};

/// Judges an operation of any author.
#[hdk_extern]
pub fn validate(op: Op) -> ExternResult<ValidateCallbackResult> {
    match read_act::<EntryTypes, LinkTypes>(&op)? {
        Act::Entry { entry, header } => verdict(check_entry(&entry.into(), &at(&header)?, known)?),
        Act::Link { link_type, header, link } => judge_link(link_type, &header, &link),
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
    let Some(target) = known(&target)? else {
        return invalid("a link of resource_mesh leads to an entry of it");
    };
    match check_link(link_type.into(), &at(header)?, &target, link.tag.0.len()) {
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

/// The valid event behind a hash. While it has not arrived, `must_get_valid_record` makes the conductor wait.
fn known(hash: &ActionHash) -> ExternResult<Option<Known>> {
    let record = must_get_valid_record(hash.clone())?;
    let action = record.action();
    let (Some(EntryType::App(kind)), Some(entry)) = (action.entry_type(), record.entry().as_option()) else {
        return Ok(None);
    };
    let entry = EntryTypes::deserialize_from_type(kind.zome_index, kind.entry_index, entry)?;
    Ok(entry.map(|entry| Known {
        hash: hash.clone(),
        author: action.author().clone(),
        action_seq: action.action_seq(),
        entry: entry.into(),
    }))
}
