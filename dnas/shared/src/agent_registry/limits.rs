//! Sizes of a card. Each is part of the network's identity.

/// Longest name for people, in bytes.
pub const AGENT_NAME_BYTES_MAX: usize = 64;
/// Longest architecture, vendor, model, version or region, in bytes.
pub const CARD_TEXT_BYTES_MAX: usize = 128;
/// Most GPUs of a card.
pub const GPUS_MAX: usize = 16;
/// Most models of a card.
pub const MODELS_MAX: usize = 64;
/// Most tags of a card.
pub const CARD_TAGS_MAX: usize = 32;
/// Most percent of a load.
pub const PERCENT_MAX: u32 = 100;
