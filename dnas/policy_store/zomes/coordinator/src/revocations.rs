//! Zome `revocations`: members that no longer are.

use hdk::prelude::*;
use policy_store_integrity::{revocations_base, EntryTypes, LinkTypes};
use ripple_coordinator::{listed, write_listed};
use ripple_integrity::Stored;
use ripple_shared::membrane::Revocation;
use ripple_shared::{ActionHashB64, Written};

/// Publishes a revocation.
#[hdk_extern]
pub fn revoke(revocation: Revocation) -> ExternResult<ActionHashB64> {
    write_listed(
        EntryTypes::Revocation(Stored(revocation)),
        LinkTypes::Revocations,
    )
}

/// Every revocation that has arrived here, oldest first.
#[hdk_extern]
pub fn revoked(_: ()) -> ExternResult<Vec<Written<Revocation>>> {
    listed(LinkQuery::try_new(
        revocations_base()?,
        LinkTypes::Revocations,
    )?)
}
