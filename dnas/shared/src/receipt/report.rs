//! What the verifier says.

use crate::resource_mesh::{Check, Output, Parameters, Usage, Work};
use crate::{ActionHashB64, AgentPubKeyB64, DnaHashB64};
use serde::Serialize;

/// Why a receipt does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Problem {
    /// A stable name for programs; a refused entry has the code of its `Refusal`.
    pub code: &'static str,
    /// The part of the receipt that is wrong, such as `grants[0]`.
    #[serde(rename = "where")]
    pub place: String,
    /// For people.
    pub text: String,
}

impl Problem {
    pub(super) fn new(
        code: &'static str,
        place: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            code,
            place: place.into(),
            text: text.into(),
        }
    }
}

/// What a receipt shows, and what it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Report {
    /// Whether the receipt holds.
    pub ok: bool,
    /// Why it does not.
    pub problem: Option<Problem>,
    /// Whether it has no Close, so that the poster's acceptance is not shown.
    pub one_sided: bool,
    /// The facts; none when it does not hold.
    pub summary: Option<Summary>,
    /// What it shows, a sentence each.
    pub shown: Vec<String>,
    /// What it does not show, a sentence each.
    pub not_shown: Vec<String>,
}

/// The facts of a receipt that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(export))]
pub struct Summary {
    /// The network.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub dna: DnaHashB64,
    /// The Task's action.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub task: ActionHashB64,
    /// The poster's key for the task.
    pub task_id: String,
    /// Who asked.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub poster: AgentPubKeyB64,
    /// Who computed.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub worker: AgentPubKeyB64,
    /// Whether poster and worker are the same key.
    pub self_made: bool,
    /// What was to be run.
    pub work: Work,
    /// The poster's clock at the Task, in milliseconds since 1970.
    #[cfg_attr(feature = "types", ts(type = "number"))]
    pub created_at: u64,
    /// The Grants, from the first.
    #[cfg_attr(feature = "types", ts(type = "Array<string>"))]
    pub grants: Vec<ActionHashB64>,
    /// The Grant or FallbackClaim under which it ran.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub authority: ActionHashB64,
    /// Whether the authority is a FallbackClaim.
    pub fallback: bool,
    /// Its attempt.
    pub attempt: u32,
    /// The Result's action.
    #[cfg_attr(feature = "types", ts(type = "string"))]
    pub result: ActionHashB64,
    /// The Close's action.
    #[cfg_attr(feature = "types", ts(type = "string | null"))]
    pub close: Option<ActionHashB64>,
    /// What the poster says that it checked; empty without a Close.
    pub checks: Vec<Check>,
    /// What came out; none of a run that failed.
    pub output: Option<Output>,
    /// sha256 of the model file that the worker names.
    pub model_digest: Option<crate::Digest>,
    /// The engine that the worker names.
    pub engine_build: String,
    /// The class of machines that the worker names.
    pub backend_class: String,
    /// The parameters that the worker names.
    pub parameters: Parameters,
    /// The seed that the worker names.
    pub seed: u32,
    /// What it cost, by the worker.
    pub usage: Usage,
    /// What was asked, where it is revealed and a model was asked.
    pub prompt: Option<String>,
    /// Whether the Grant of its attempt names text that the attempt was to go on with.
    pub continued: bool,
    /// How many bytes of the answer were there before, where that is revealed.
    #[cfg_attr(feature = "types", ts(type = "number | null"))]
    pub prefix_bytes: Option<u64>,
    /// What was answered, where it is revealed and text.
    pub answer: Option<String>,
    /// Whether the CID is shown to be of the revealed output.
    pub cid_checked: bool,
}
