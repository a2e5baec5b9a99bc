//! Zome `policies`: what was published, and by whom.

use hdk::prelude::*;
use policy_store_integrity::{name_base, EntryTypes, LinkTypes};
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::Stored;
use ripple_shared::policy_store::{newest_of_each_publisher, Policy, PolicyOf};
use ripple_shared::{ActionHashB64, Written};

/// Publishes a version of a policy.
#[hdk_extern]
pub fn publish(policy: Policy) -> ExternResult<ActionHashB64> {
    write_listed(
        EntryTypes::Policy(Stored(policy)),
        LinkTypes::PoliciesByName,
    )
}

/// The newest version of each publisher of this name. Whom to trust is the asker's decision.
#[hdk_extern]
pub fn by_name(name: String) -> ExternResult<Vec<Written<Policy>>> {
    Ok(newest_of_each_publisher(versions(&name)?))
}

/// Every version of one publisher's policy, oldest first.
#[hdk_extern]
pub fn history(wanted: PolicyOf) -> ExternResult<Vec<Written<Policy>>> {
    let mut found = versions(&wanted.name)?;
    found.retain(|policy| policy.author == wanted.publisher);
    found.sort_by_key(|policy| (policy.entry.version, policy.seq));
    Ok(found)
}

fn versions(name: &str) -> ExternResult<Vec<Written<Policy>>> {
    listed(LinkQuery::try_new(
        name_base(name)?,
        LinkTypes::PoliciesByName,
    )?)
}
