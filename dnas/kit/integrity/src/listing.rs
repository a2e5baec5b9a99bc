//! Links by which entries are found. Where an entry hangs follows from the entry and its author alone, so the
//! coordinator that writes a link and the peers that judge it ask the same function.

use crate::{invalid, must_get_written, NetworkProperties};
use hdi::prelude::*;

/// Where an entry hangs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the link starts from.
    pub base: AnyLinkableHash,
    /// What it is filtered by; at most `limits::LINK_TAG_BYTES_MAX` bytes.
    pub tag: LinkTag,
}

impl Place {
    /// A place without a tag.
    pub fn at(base: impl Into<AnyLinkableHash>) -> Self {
        Self {
            base: base.into(),
            tag: LinkTag::new(Vec::new()),
        }
    }

    /// A place whose links can be filtered by a number.
    pub fn numbered(base: impl Into<AnyLinkableHash>, number: u32) -> Self {
        Self {
            base: base.into(),
            tag: number_tag(number),
        }
    }
}

/// A number as a tag: four bytes, so that none is the beginning of another.
pub fn number_tag(number: u32) -> LinkTag {
    LinkTag::new(number.to_be_bytes().to_vec())
}

/// Entry types whose links are all of this kind.
pub trait Listed: Sized {
    /// The link types of the same zome.
    type Link;

    /// Where a link of this type to this entry hangs; none where the type does not lead to such entries.
    fn place(&self, link_type: Self::Link, author: &AgentPubKey) -> ExternResult<Option<Place>>;
}

/// Judges a link: its target is an entry of its author, and it hangs where that entry's links hang.
pub fn check_listing<E>(
    link_type: E::Link,
    header: &ActionHeader,
    link: &CreateLinkData,
) -> ExternResult<ValidateCallbackResult>
where
    E: Listed + EntryTypesHelper,
    WasmError: From<<E as EntryTypesHelper>::Error>,
{
    if header.action_seq > NetworkProperties::try_from_dna_properties()?.max_action_seq {
        return invalid("action_seq is above the network's bound");
    }
    let Some(target) = link.target_address.clone().into_action_hash() else {
        return invalid("a link names the action that wrote its target");
    };
    let Some((entry, author)) = must_get_written::<E>(target)? else {
        return invalid("a link's target is an entry of this DNA");
    };
    if author != header.author {
        return invalid("a link is written by its target's author");
    }
    match entry.place(link_type, &author)? {
        None => invalid("no link of this type leads to such an entry"),
        Some(place) if place.base != link.base_address => {
            invalid("the link does not hang where its target belongs")
        }
        Some(place) if place.tag != link.tag => invalid("the link's tag is not its target's"),
        Some(_) => Ok(ValidateCallbackResult::Valid),
    }
}
