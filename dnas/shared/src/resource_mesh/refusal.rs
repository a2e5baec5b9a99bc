//! Why an entry or a link may not be written.

use crate::check;

/// Why an entry or a link may not be written. The text is for people, `code` for programs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A size, a range or the form of a text is wrong.
    #[error(transparent)]
    Form(#[from] check::Refusal),
    /// A list names something twice.
    #[error("{0} names something twice")]
    Repeated(&'static str),
    /// The entry names another network.
    #[error("dna_hash is not this network's")]
    OtherNetwork,
    /// The author has written all that one key may write in an epoch.
    #[error("action_seq is above the network's max_action_seq")]
    ChainFull,
    /// A hash names something that is no entry of `resource_mesh`.
    #[error("a named event is not an entry of resource_mesh")]
    NotAnEvent,
    /// The task's hash names something else.
    #[error("task does not name a Task")]
    NotATask,
    /// Someone other than the poster writes in the poster's list.
    #[error("only the task's author writes its Grants and its Close")]
    NotThePoster,
    /// The event before is about another task.
    #[error("prev is of another task")]
    OtherTask,
    /// The event before is neither the Task nor a Grant.
    #[error("prev is the Task or a Grant; nothing follows a Close")]
    BadPrev,
    /// The event before was written by another.
    #[error("prev is another author's")]
    PrevAuthor,
    /// The event before stands later on the author's chain.
    #[error("prev stands before it on the author's chain")]
    PrevOrder,
    /// The attempt does not follow.
    #[error("attempt is one more than prev's")]
    AttemptGap,
    /// The task has no such attempt.
    #[error("attempt is 1 to the task's max_attempts")]
    AttemptsSpent,
    /// The first grant has a reason, or a later one has none.
    #[error("reason is none exactly in the first Grant")]
    BadReason,
    /// The first grant continues an answer.
    #[error("prefix_digest is for later attempts only")]
    PrefixAtFirst,
    /// A result's authority permits nothing.
    #[error("authority is a Grant or a FallbackClaim of the task")]
    BadAuthority,
    /// A result is not written by the one who may run the attempt.
    #[error("only the authority's worker writes its Result")]
    NotTheWorker,
    /// A result's attempt is not the authority's.
    #[error("attempt is the authority's")]
    OtherAttempt,
    /// A result that is ok has no output, or one that failed has one.
    #[error("output is present exactly when the status is ok")]
    BadOutput,
    /// What is private is told in the clear, or what is public as ciphertext.
    #[error("output and published payload are encrypted exactly when the task is not public")]
    BadEncryption,
    /// A Close names a result without accepting, or accepts without naming one.
    #[error("result is present exactly when the outcome is accepted")]
    BadOutcome,
    /// What was accepted is not a result of the task.
    #[error("result is a Result of the task")]
    NotAResult,
    /// A failed run was accepted.
    #[error("only a Result whose status is ok is accepted")]
    FailedResult,
    /// The accepted result's authority is superseded.
    #[error(
        "the accepted Result's authority is prev, or a FallbackClaim on a task that allows it"
    )]
    Superseded,
    /// The accepted result is also named as superseded.
    #[error("the accepted Result is not among the superseded")]
    AcceptedSuperseded,
    /// The check `none` stands beside others.
    #[error("the check none stands alone")]
    NoneNotAlone,
    /// The published payload is not the one that the task names.
    #[error("the published payload has the task's payload_digest")]
    OtherPayload,
    /// The published payload can be opened by others than those who may claim.
    #[error("the published payload has a key for each agent of the allow list, in its order")]
    OtherReaders,
    /// The task does not allow this worker to go on without the poster.
    #[error("the task does not allow this worker a FallbackClaim")]
    FallbackNotAllowed,
    /// The allocation draws on something that is no offer.
    #[error("offer is a ResourceOffer")]
    NotAnOffer,
    /// The allocation draws on another's offer.
    #[error("only the offer's author allocates from it")]
    NotTheOwner,
    /// The share is larger than the offer.
    #[error("share is within the offer's capacity")]
    ShareTooLarge,
    /// The allocation outlives the offer.
    #[error("expires_at is within the offer's")]
    OutlivesOffer,
    /// The endpoint has another form.
    #[error("endpoint is a multiaddr or an http URL")]
    BadEndpoint,
    /// A link points at another kind of entry.
    #[error("the link's target is of another kind")]
    BadTarget,
    /// A link is written by someone other than its target's author.
    #[error("only the author of its target writes a link")]
    NotTheAuthor,
    /// A task without fallback is put in a bucket.
    #[error("only a task with fallback is listed in a time bucket")]
    NotListed,
}

impl Refusal {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form(check::Refusal::Length { .. }) => "length",
            Self::Form(check::Refusal::Range { .. }) => "range",
            Self::Form(check::Refusal::Rule(_)) => "form",
            Self::Repeated(_) => "repeated",
            Self::OtherNetwork => "other_network",
            Self::ChainFull => "chain_full",
            Self::NotAnEvent => "not_an_event",
            Self::NotATask => "not_a_task",
            Self::NotThePoster => "not_the_poster",
            Self::OtherTask => "other_task",
            Self::BadPrev => "bad_prev",
            Self::PrevAuthor => "prev_author",
            Self::PrevOrder => "prev_order",
            Self::AttemptGap => "attempt_gap",
            Self::AttemptsSpent => "attempts_spent",
            Self::BadReason => "bad_reason",
            Self::PrefixAtFirst => "prefix_at_first",
            Self::BadAuthority => "bad_authority",
            Self::NotTheWorker => "not_the_worker",
            Self::OtherAttempt => "other_attempt",
            Self::BadOutput => "bad_output",
            Self::BadEncryption => "bad_encryption",
            Self::BadOutcome => "bad_outcome",
            Self::NotAResult => "not_a_result",
            Self::FailedResult => "failed_result",
            Self::Superseded => "superseded",
            Self::AcceptedSuperseded => "accepted_superseded",
            Self::NoneNotAlone => "none_not_alone",
            Self::OtherPayload => "other_payload",
            Self::OtherReaders => "other_readers",
            Self::FallbackNotAllowed => "fallback_not_allowed",
            Self::NotAnOffer => "not_an_offer",
            Self::NotTheOwner => "not_the_owner",
            Self::ShareTooLarge => "share_too_large",
            Self::OutlivesOffer => "outlives_offer",
            Self::BadEndpoint => "bad_endpoint",
            Self::BadTarget => "bad_target",
            Self::NotTheAuthor => "not_the_author",
            Self::NotListed => "not_listed",
        }
    }
}
