//! Where the entries of `memory_shards` hang.

use crate::types::{EntryTypes, LinkTypes};
use hdi::prelude::*;
use ripple_integrity::{anchor_hash, Listed, Place, Stored};
use ripple_shared::ActionHash;

/// What the maps of one space hang on.
pub fn space_base(space: &str) -> ExternResult<AnyLinkableHash> {
    anchor_hash(&format!("space/{space}"))
}

impl Listed for EntryTypes {
    type Link = LinkTypes;

    fn place(&self, link_type: LinkTypes, _author: &AgentPubKey) -> ExternResult<Option<Place>> {
        Ok(match (link_type, self) {
            (LinkTypes::MapsBySpace, Self::ShardMap(Stored(map))) => {
                Some(Place::at(space_base(&map.space)?))
            }
            (LinkTypes::OwnersOf, Self::ShardOwnership(Stored(ownership))) => Some(
                Place::numbered(ActionHash::from(ownership.map.clone()), ownership.shard),
            ),
            (LinkTypes::CursorsOf, Self::SyncCursor(Stored(cursor))) => Some(Place::numbered(
                ActionHash::from(cursor.map.clone()),
                cursor.shard,
            )),
            _ => None,
        })
    }
}
