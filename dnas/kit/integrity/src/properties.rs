//! The properties that each DNA of Ripple has.

use hdi::prelude::*;
use ripple_shared::membrane::Membrane;

/// Properties of a DNA; they are part of its hash.
#[dna_properties]
#[derive(Clone)]
pub struct NetworkProperties {
    /// The highest `action_seq` that an entry or a link may have: what one key can write in an epoch.
    pub max_action_seq: u32,
    /// The membrane of a private network; none where anybody may join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membrane: Option<Membrane>,
}
