//! Entries of `ripple_shared` in the form in which a chain keeps them.

use hdi::prelude::*;
use serde::{de::DeserializeOwned, Deserializer, Serializer};
use std::fmt::Debug;

/// A plain document of `ripple_shared` as an entry.
///
/// It is encoded exactly as the document itself. Reading refuses every other encoding of the same document (a
/// missing field that could be null, a hash as bytes, another order), so that one document has one entry hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T>(pub T);

impl<T: serde::Serialize> serde::Serialize for Stored<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<T: serde::Serialize + Debug> TryFrom<&Stored<T>> for SerializedBytes {
    type Error = SerializedBytesError;

    fn try_from(stored: &Stored<T>) -> Result<Self, Self::Error> {
        holochain_serialized_bytes::encode(&stored.0).map(|bytes| UnsafeBytes::from(bytes).into())
    }
}

impl<T: serde::Serialize + Debug> TryFrom<Stored<T>> for SerializedBytes {
    type Error = SerializedBytesError;

    fn try_from(stored: Stored<T>) -> Result<Self, Self::Error> {
        Self::try_from(&stored)
    }
}

impl<T: serde::Serialize + Debug> TryFrom<Stored<T>> for Entry {
    type Error = WasmError;

    fn try_from(stored: Stored<T>) -> Result<Self, Self::Error> {
        let bytes = SerializedBytes::try_from(&stored).map_err(|error| wasm_error!(error))?;
        AppEntryBytes::try_from(bytes).map(Self::App).map_err(|error| wasm_error!("{}", error))
    }
}

impl<T: serde::Serialize + DeserializeOwned + Debug> TryFrom<&Entry> for Stored<T> {
    type Error = WasmError;

    fn try_from(entry: &Entry) -> Result<Self, Self::Error> {
        let Entry::App(app) = entry else {
            return Err(wasm_error!("the entry is not one of the app"));
        };
        Self::read(app.bytes())
    }
}

impl<T: serde::Serialize + DeserializeOwned + Debug> Stored<T> {
    /// Reads a document from its canonical encoding.
    pub fn read(bytes: &Vec<u8>) -> ExternResult<Self> {
        let document: T = holochain_serialized_bytes::decode(bytes).map_err(|error| wasm_error!(error))?;
        let canonical = holochain_serialized_bytes::encode(&document).map_err(|error| wasm_error!(error))?;
        if &canonical != bytes {
            return Err(wasm_error!("the entry is not in its canonical encoding"));
        }
        Ok(Self(document))
    }
}

impl<T: serde::Serialize + DeserializeOwned + Debug> TryFrom<Entry> for Stored<T> {
    type Error = WasmError;

    fn try_from(entry: Entry) -> Result<Self, Self::Error> {
        Self::try_from(&entry)
    }
}
