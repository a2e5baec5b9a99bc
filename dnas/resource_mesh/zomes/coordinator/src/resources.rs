//! Offers of a machine's resources and the shares that their owner gives away. Both end by themselves.

use hdk::prelude::*;
use resource_mesh_integrity::{EntryTypes, LinkTypes};
use ripple_coordinator::{app_records_after, document, listed, own_key};
use ripple_integrity::Stored;
use ripple_shared::resource_mesh::{Allocation, ResourceOffer};
use ripple_shared::{ActionHashB64, AgentPubKeyB64, Written};

/// Whose entries, and what still counts.
#[derive(Serialize, Deserialize, Debug)]
pub struct Of {
    /// The owner; null means this peer.
    pub agent: Option<AgentPubKeyB64>,
    /// The reader's clock, in milliseconds since 1970: what has ended by then is left out.
    pub now: u64,
}

/// Offers resources of this machine.
#[hdk_extern]
pub fn offer(offer: ResourceOffer) -> ExternResult<ActionHashB64> {
    let hash = create_entry(EntryTypes::ResourceOffer(Stored(offer)))?;
    create_link(own_key()?, hash.clone(), LinkTypes::AgentToOffer, ())?;
    Ok(hash.into())
}

/// Offers of a peer that have not ended.
#[hdk_extern]
pub fn offers(of: Of) -> ExternResult<Vec<Written<ResourceOffer>>> {
    let found = owned_offers(of.agent)?;
    Ok(found.into_iter().filter(|offer| offer.entry.expires_at > of.now).collect())
}

/// Gives a share of an own offer. The same `allocation_id` again gives the allocation that was made first.
#[hdk_extern]
pub fn allocate(allocation: Allocation) -> ExternResult<ActionHashB64> {
    let earlier = app_records_after(0)?.into_iter().find(|record| {
        document::<Allocation>(record).is_some_and(|made| made.allocation_id == allocation.allocation_id)
    });
    if let Some(record) = earlier {
        return Ok(record.action_address().clone().into());
    }
    let offer = ActionHash::from(allocation.offer.clone());
    let hash = create_entry(EntryTypes::Allocation(Stored(allocation)))?;
    create_link(offer, hash.clone(), LinkTypes::OfferToAllocation, ())?;
    Ok(hash.into())
}

/// Allocations that a peer gave and that have not ended.
#[hdk_extern]
pub fn allocations(of: Of) -> ExternResult<Vec<Written<Allocation>>> {
    let mut found = Vec::new();
    for offer in owned_offers(of.agent)? {
        let query = LinkQuery::try_new(ActionHash::from(offer.hash), LinkTypes::OfferToAllocation)?;
        found.extend(listed::<Allocation>(query)?);
    }
    Ok(found.into_iter().filter(|given| given.entry.expires_at > of.now).collect())
}

fn owned_offers(owner: Option<AgentPubKeyB64>) -> ExternResult<Vec<Written<ResourceOffer>>> {
    let owner = owner.map_or_else(own_key, |agent| Ok(agent.into()))?;
    listed(LinkQuery::try_new(owner, LinkTypes::AgentToOffer)?)
}
