//! The bytes of a chain: what Holochain signs and hashes of an entry of `resource_mesh`.
//!
//! These types mirror those of `holochain_integrity_types` for the one kind of action that a receipt holds; a test
//! compares the bytes. Every decoding is strict: what does not encode to the same bytes again is refused.

use crate::resource_mesh::{
    Allocation, Close, FallbackClaim, Grant, MeshEntry, ResourceOffer, Task, TaskResult,
};
use crate::{ActionHash, AgentPubKey};
use holo_hash::{EntryHash, HashType, HoloHash, PrimitiveHashType};
use holochain_serialized_bytes::{decode, encode, SerializedBytesError};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use std::fmt::Debug;

/// Place of the integrity zome in its DNA.
pub const ZOME_INDEX: u8 = 0;

/// The action that creates an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Who, when and where.
    pub header: Header,
    /// What.
    pub data: Data,
}

/// Who wrote an action, when, and where on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Who.
    pub author: AgentPubKey,
    /// The author's clock, in microseconds since 1970.
    pub timestamp: i64,
    /// Where on the author's chain.
    pub action_seq: u32,
    /// The action before it.
    pub prev_action: Option<ActionHash>,
}

/// What an action does: of the kinds that there are, only this one can stand in a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
pub enum Data {
    /// It creates an entry.
    Create {
        /// The entry's type.
        entry_type: EntryType,
        /// The entry's hash.
        entry_hash: EntryHash,
    },
}

/// The type of an entry: of the kinds that there are, only the app's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryType {
    /// One of the app's.
    App(AppEntryType),
}

/// A type of an app's entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppEntryType {
    /// Place of the type in its zome.
    pub entry_index: u8,
    /// Place of the zome in its DNA.
    pub zome_index: u8,
    /// Who may see it.
    pub visibility: Visibility,
}

/// Who may see an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Its author.
    Private,
}

/// An entry as it is hashed: the app's bytes in their envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry_type", content = "entry", deny_unknown_fields)]
enum Envelope {
    App(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// Decodes bytes that are exactly what encoding gives.
pub fn decode_strict<T: Serialize + DeserializeOwned + Debug>(bytes: &[u8]) -> Option<T> {
    let value: T = decode(bytes).ok()?;
    (encode(&value).ok()? == bytes).then_some(value)
}

/// An entry of a type, by its place in the zome, from its encoded envelope.
pub fn decode_entry(index: u8, bytes: &[u8]) -> Option<MeshEntry> {
    let Envelope::App(inner) = decode_strict(bytes)?;
    Some(match index {
        0 => MeshEntry::Task(decode_strict::<Task>(&inner)?),
        1 => MeshEntry::Grant(decode_strict::<Grant>(&inner)?),
        2 => MeshEntry::Result(decode_strict::<TaskResult>(&inner)?),
        3 => MeshEntry::Close(decode_strict::<Close>(&inner)?),
        4 => MeshEntry::FallbackClaim(decode_strict::<FallbackClaim>(&inner)?),
        5 => MeshEntry::ResourceOffer(decode_strict::<ResourceOffer>(&inner)?),
        6 => MeshEntry::Allocation(decode_strict::<Allocation>(&inner)?),
        _ => return None,
    })
}

/// The encoded envelope of an entry: what its entry hash covers.
pub fn encode_entry(entry: &MeshEntry) -> Result<Vec<u8>, SerializedBytesError> {
    let inner = match entry {
        MeshEntry::Task(task) => encode(task),
        MeshEntry::Grant(grant) => encode(grant),
        MeshEntry::Result(result) => encode(result),
        MeshEntry::Close(close) => encode(close),
        MeshEntry::FallbackClaim(claim) => encode(claim),
        MeshEntry::ResourceOffer(offer) => encode(offer),
        MeshEntry::Allocation(allocation) => encode(allocation),
    }?;
    encode(&Envelope::App(inner))
}

/// The action that creates an entry, given the entry's encoded envelope.
pub fn create(header: Header, entry: &MeshEntry, envelope: &[u8]) -> Action {
    let entry_type = EntryType::App(AppEntryType {
        entry_index: entry.index(),
        zome_index: ZOME_INDEX,
        visibility: Visibility::Public,
    });
    Action {
        header,
        data: Data::Create {
            entry_type,
            entry_hash: hash(envelope),
        },
    }
}

/// The encoded action: what its author signs and what its hash covers.
pub fn encode_action(action: &Action) -> Result<Vec<u8>, SerializedBytesError> {
    encode(action)
}

/// All 39 bytes of the hash of some bytes: prefix, BLAKE2b-256, and the location that follows from it.
pub fn hash<T: PrimitiveHashType>(bytes: &[u8]) -> HoloHash<T> {
    let mut whole = holo_hash::encode::blake2b_256(bytes);
    whole.extend(holo_hash::encode::holo_dht_location_bytes(&whole));
    HoloHash::from_raw_36(whole)
}

/// Whether the last 4 bytes of a hash are those that its 32 bytes give.
pub fn is_whole<T: HashType>(hash: &HoloHash<T>) -> bool {
    holo_hash::encode::holo_dht_location_bytes(hash.get_raw_32()) == hash.get_raw_39()[35..]
}
