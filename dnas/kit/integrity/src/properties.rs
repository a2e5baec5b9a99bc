//! The properties that each DNA of Ripple has.

use hdi::prelude::*;

/// Properties of a DNA; they are part of its hash.
#[dna_properties]
#[derive(Clone, Copy)]
pub struct NetworkProperties {
    /// The highest `action_seq` that an entry or a link may have: what one key can write in an epoch.
    pub max_action_seq: u32,
}
