//! Entries as zomes hand them out.

use crate::{ActionHashB64, AgentPubKeyB64};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::BTreeMap};

/// An entry with the facts of the action that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Written<T> {
    /// The action.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub hash: ActionHashB64,
    /// Who wrote it.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub author: AgentPubKeyB64,
    /// Where on the author's chain.
    pub seq: u32,
    /// The author's clock, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub at: u64,
    /// The entry.
    pub entry: T,
}

/// Of all entries with the same key, the one of the highest rank; where ranks are equal, the first of its chain.
///
/// An author who gives one rank twice contradicts itself: everybody then takes the earlier statement.
pub fn highest_of_each<T, K: Ord, R: Ord>(
    entries: Vec<Written<T>>,
    key: impl Fn(&Written<T>) -> K,
    rank: impl Fn(&Written<T>) -> R,
) -> Vec<Written<T>> {
    let mut highest: BTreeMap<K, Written<T>> = BTreeMap::new();
    for entry in entries {
        let key = key(&entry);
        let place = |entry: &Written<T>| (rank(entry), Reverse(entry.seq));
        match highest.get(&key) {
            Some(held) if place(held) >= place(&entry) => {}
            _ => {
                highest.insert(key, entry);
            }
        }
    }
    highest.into_values().collect()
}
