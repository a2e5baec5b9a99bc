//! Who has confirmed to hold what this peer wrote.

use hdk::prelude::*;

/// How many other peers have sent a receipt that says 'valid' for any operation of an own action.
pub fn holders_of(action: ActionHash) -> ExternResult<u32> {
    let sets = get_validation_receipts(GetValidationReceiptsInput::new(action))?;
    let receipts = sets.into_iter().flat_map(|set| set.receipts);
    let valid = receipts.filter(|receipt| receipt.validation_status == ValidationStatus::Valid);
    let peers: BTreeSet<AgentPubKey> = valid.flat_map(|receipt| receipt.validators).collect();
    Ok(u32::try_from(peers.len()).unwrap_or(u32::MAX))
}
