//! Where the entries of `artifact_index` hang.

use crate::types::{EntryTypes, LinkTypes};
use hdi::prelude::*;
use ripple_integrity::{anchor_hash, Listed, Place, Stored};
use ripple_shared::ActionHash;

/// What the artifacts of one CID hang on.
pub fn cid_base(cid: &str) -> ExternResult<AnyLinkableHash> {
    anchor_hash(&format!("cid/{cid}"))
}

impl Listed for EntryTypes {
    type Link = LinkTypes;

    fn place(&self, link_type: LinkTypes, _author: &AgentPubKey) -> ExternResult<Option<Place>> {
        Ok(match (link_type, self) {
            (LinkTypes::ArtifactsByCid, Self::Artifact(Stored(artifact))) => {
                Some(Place::at(cid_base(&artifact.cid)?))
            }
            (LinkTypes::ProvenanceOf, Self::Provenance(Stored(provenance))) => {
                Some(Place::at(ActionHash::from(provenance.artifact.clone())))
            }
            (LinkTypes::PinsOf, Self::PinCommitment(Stored(pin))) => {
                Some(Place::at(ActionHash::from(pin.artifact.clone())))
            }
            _ => None,
        })
    }
}
