//! Hashes in JSON: text only, in the one spelling with its checksum.

use holo_hash::{HashType, HoloHashB64};
use serde::{de::Error, Deserialize, Deserializer};
use std::borrow::Cow;

/// Reads a hash from a JSON string. Its own reading expects bytes, and JSON has none.
pub fn deserialize<'de, D, T>(deserializer: D) -> Result<HoloHashB64<T>, D::Error>
where
    D: Deserializer<'de>,
    T: HashType,
{
    let text = Cow::<str>::deserialize(deserializer)?;
    HoloHashB64::from_b64_str(&text).map_err(D::Error::custom)
}
