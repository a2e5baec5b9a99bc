//! Offers of resources, and shares of them.

use super::task::{key, requirements};
use super::{Allocation, At, Known, MeshEntry, Refusal, Requirements, ResourceOffer};
use crate::check::{length, require, safe_integer};
use crate::limits::ENDPOINT_BYTES_MAX;

/// Judges an offer: anybody may offer.
pub(super) fn check_offer(offer: &ResourceOffer) -> Result<(), Refusal> {
    requirements("capacity", &offer.capacity)?;
    Ok(safe_integer("expires_at", offer.expires_at)?)
}

/// Refuses an allocation that is wrong whatever its offer says.
pub(super) fn check_form(share: &Allocation) -> Result<(), Refusal> {
    key("allocation_id", &share.allocation_id)?;
    requirements("share", &share.share)?;
    length("endpoint", share.endpoint.len(), 1, ENDPOINT_BYTES_MAX)?;
    require(
        !share
            .endpoint
            .chars()
            .any(|c| c.is_control() || c.is_whitespace()),
        "an endpoint has neither control characters nor spaces",
    )?;
    let known = ["/", "http://", "https://"];
    if !known.iter().any(|start| share.endpoint.starts_with(start)) {
        return Err(Refusal::BadEndpoint);
    }
    Ok(safe_integer("expires_at", share.expires_at)?)
}

/// Judges an allocation against the offer that it draws on.
pub(super) fn check_allocation(
    share: &Allocation,
    at: &At,
    offered: &Known,
) -> Result<(), Refusal> {
    let MeshEntry::ResourceOffer(offer) = &offered.entry else {
        return Err(Refusal::NotAnOffer);
    };
    if offered.author != at.author {
        return Err(Refusal::NotTheOwner);
    }
    if !within(&share.share, &offer.capacity) {
        return Err(Refusal::ShareTooLarge);
    }
    if share.expires_at > offer.expires_at {
        return Err(Refusal::OutlivesOffer);
    }
    Ok(())
}

fn within(share: &Requirements, capacity: &Requirements) -> bool {
    share.cpu_cores <= capacity.cpu_cores
        && share.memory_mib <= capacity.memory_mib
        && share.disk_mib <= capacity.disk_mib
        && share.gpu_count <= capacity.gpu_count
        && share.vram_mib <= capacity.vram_mib
        && share.tags.iter().all(|tag| capacity.tags.contains(tag))
}
