/** Joins all errors into one table. */
import { chainErrors } from './chains.ts'
import { chatErrors } from './chats.ts'
import { doctorErrors } from './doctor.ts'
import { ensembleErrors } from './ensemble.ts'
import { inferenceErrors } from './inference.ts'
import { installErrors } from './install.ts'
import { keyErrors } from './keys.ts'
import { mcpErrors } from './mcp.ts'
import { membershipErrors } from './membership.ts'
import { modelErrors } from './models.ts'
import { nodeErrors } from './nodes.ts'
import { openaiErrors } from './openai.ts'
import { pageErrors } from './page.ts'
import { policyErrors } from './policy.ts'
import { providerErrors } from './providers.ts'
import { resourceErrors } from './resources.ts'
import { type ErrorRow, row } from './row.ts'
import { secretErrors } from './secrets.ts'
import { setupErrors } from './setup.ts'
import { toolErrors } from './tools.ts'
import { traceErrors } from './traces.ts'
import { webhookErrors } from './webhooks.ts'

/**
 * Every error that a person or a program can see. Codes are stable: once released, a code keeps its meaning.
 * `docs/ERRORS.md` is made from this table.
 */
export const errors = {
  RIPPLE_USAGE: row('{detail}', "see '{command} --help'", 400, 2),
  RIPPLE_CONFIG_INVALID: row('{file}: {detail}', 'fix the named field and start again', 400, 2),
  RIPPLE_NETWORK_INVALID: row(
    "network '{network}': {detail}",
    'networks are files in networks/: mainnet, testnet, local',
    400,
    2,
  ),
  RIPPLE_INTERNAL: row('{detail}', 'this is a defect in Ripple: report it with the log', 500, 1),
  RIPPLE_INTERRUPTED: row('interrupted', 'nothing that was accepted is lost', 499, 130),
  RIPPLE_TIMEOUT: row('{what} took longer than {ms} ms', 'try again, or allow more time', 504, 5),
  RIPPLE_DISK_FULL: row('no space is left under {path}', 'free some disk and try again', 507, 1),
  RIPPLE_PORT_TAKEN: row(
    'port {port} is taken',
    'stop the program that holds it, or name another port',
    409,
    2,
  ),

  ...setupErrors,

  RIPPLE_NO_DAEMON: row(
    'no daemon answers for {data}',
    "start it with 'ripple up'; a daemon that is starting answers once it is ready",
    503,
    3,
  ),
  RIPPLE_DATA_IN_USE: row(
    'another daemon uses {data}',
    "stop it with 'ripple down', or name another folder with --data",
    409,
    2,
  ),
  RIPPLE_DATA_NO_FOLDER: row('{data} is not a folder', 'name another data folder with --data', 400, 2),
  RIPPLE_DATA_FORBIDDEN: row(
    'this user cannot read the data folder {data}',
    'name another folder with --data, or run the command as the user that owns this one',
    403,
    2,
  ),
  RIPPLE_NOTE_DAMAGED: row(
    '{file} is damaged or cannot be read, so {what} is not known',
    'restore the file from a copy, or move it away and {fix}',
    409,
    2,
  ),
  RIPPLE_DATA_OTHER_NETWORK: row(
    "{data} belongs to network '{found}', not '{wanted}'",
    'name another folder with --data',
    409,
    2,
  ),
  RIPPLE_UNAUTHORIZED: row(
    'the token is missing or wrong',
    "send 'Authorization: Bearer <key>' with a key of 'ripple key create', or with the content of openai.key for /v1, or of api.token for everything else: 'ripple status' names both files",
    401,
    2,
  ),
  RIPPLE_FOREIGN_HOST: row(
    "Host '{host}' is not this machine",
    "use the address that 'ripple status' prints; to allow another name for /v1, add it to the setting api.hosts",
    403,
    2,
  ),
  RIPPLE_FOREIGN_ORIGIN: row(
    "Origin '{origin}' is not allowed",
    'pages of other sites may not call the daemon; to allow an origin for /v1, add it to the setting api.origins',
    403,
    2,
  ),
  RIPPLE_BODY_INVALID: row('{detail}', 'see docs/CLI.md for the fields', 400, 2),
  RIPPLE_BODY_TOO_LARGE: row('the request is larger than {max} bytes', 'send less', 413, 2),
  RIPPLE_ROUTE_UNKNOWN: row('there is no {route}', '{fix}', 404, 2),
  RIPPLE_METHOD_UNKNOWN: row('{path} does not accept {method}', 'use {allow}', 405, 2),
  RIPPLE_HTTP_INVALID: row(
    'the request is not valid HTTP: {detail}',
    'the program that sent it has a defect, or speaks another protocol',
    400,
    2,
  ),
  RIPPLE_HTTP_HEAD_TOO_LARGE: row(
    'the head of the request is larger than {max} bytes',
    'send fewer or shorter headers',
    431,
    2,
  ),
  RIPPLE_HTTP_TIMEOUT: row('the request did not arrive whole in time', 'send it again', 408, 5),
  RIPPLE_BUSY: row('{what} is at its limit of {max}', 'try again in {retry_after_s} s', 429, 1),

  RIPPLE_CONDUCTOR_MISSING: row(
    '{program} {version} was not found',
    "run 'npm start' once: set-up finds or builds it",
    503,
    2,
  ),
  RIPPLE_CONDUCTOR_VERSION: row(
    '{program} is {found}, Ripple needs {wanted}',
    "run 'npm start' once: set-up builds the pinned version",
    503,
    2,
  ),
  RIPPLE_CONDUCTOR_START: row(
    'the conductor did not become ready: {detail}',
    "see the log named by 'ripple status'",
    503,
    1,
  ),
  RIPPLE_CONDUCTOR_DOWN: row(
    'the conductor is down and being restarted',
    'wait a few seconds and try again',
    503,
    1,
  ),
  RIPPLE_PASSPHRASE: row(
    'the keystore under {data} does not open with its passphrase',
    'restore the passphrase file that belongs to this folder',
    503,
    2,
  ),
  RIPPLE_HAPP_MISMATCH: row(
    '{file} is not the pinned hApp: {detail}',
    "restore it with git, or run 'npm run happ:verify'",
    500,
    2,
  ),
  RIPPLE_GRANT_SHAPE: row(
    'the conductor refuses signing grants: {detail}',
    'the pinned client and conductor do not fit each other any more',
    500,
    1,
  ),
  RIPPLE_LISTEN_ADDRESS: row("cannot listen on '{listen}': {detail}", 'name one of {addresses}', 400, 2),
  RIPPLE_BOOTSTRAP_START: row('the bootstrap server did not become ready: {detail}', 'see its log', 503, 1),
  RIPPLE_BOOTSTRAP_DOWN: row(
    'no bootstrap server answers at {url}',
    "start one with 'ripple relay', or check the address",
    503,
    1,
  ),

  RIPPLE_DHT_REFUSED: row('the entry is not valid: {detail}', 'nothing was written', 422, 1),
  RIPPLE_DHT_UNAVAILABLE: row(
    'the DHT did not answer: {detail}',
    'try again; the same key never posts twice',
    503,
    1,
  ),
  RIPPLE_EVENT_UNKNOWN: row('no event {hash} is known here', 'it may not have arrived yet', 404, 1),

  RIPPLE_CHAIN_FULL: row(
    'the chain of this epoch has no room for another task: a key may write {max} actions, and some are reserved for open tasks',
    'try again in {retry_after_s} s: open tasks may have ended by then; the next epoch begins at {begins}',
    429,
    1,
  ),
  RIPPLE_EPOCH_LEFT: row(
    'epoch {epoch} was left by this machine, and its key may not write there again',
    'the clock is most likely wrong: set it, and start again',
    409,
    1,
  ),
  RIPPLE_EPOCH_IN_USE: row('the epoch is kept open by {by}', "see 'ripple epoch ls'", 409, 1),
  RIPPLE_EPOCH_UNKNOWN: row('no epoch {epoch} is open here', "see 'ripple epoch ls'", 404, 1),
  RIPPLE_TASK_UNKNOWN: row(
    "no task '{id}' is known here",
    "see 'ripple task list', with --past for older tasks",
    404,
    1,
  ),
  RIPPLE_TASK_REQUEST_GONE: row(
    "the request of task '{id}' is not stored here any more",
    'a day after a task only its receipt is left: write the request again',
    404,
    1,
  ),
  RIPPLE_TASK_CONFLICT: row("the key '{id}' was used for another task", 'use a new key for new work', 409, 2),
  RIPPLE_TASK_TOO_LONG: row(
    'a life of {ms} ms is longer than this network keeps an epoch open: {max} ms',
    'name a shorter --timeout',
    422,
    2,
  ),
  RIPPLE_DEADLINE_INVALID: row(
    'a {which} deadline of {ms} ms is longer than the whole life of the task: {total} ms',
    'name a longer --timeout, or a shorter --{which}-timeout',
    400,
    2,
  ),
  RIPPLE_TASK_NEVER_READY: row(
    "the task could never start: '{id}' ended as {outcome}",
    "name tasks that are open or accepted: see 'ripple task list'",
    409,
    2,
  ),
  RIPPLE_FALLBACK_INVALID: row(
    'no other machine could take over the task in your absence: {detail}',
    "see 'ripple task post --help'",
    400,
    2,
  ),
  RIPPLE_FALLBACK_INFEASIBLE: row(
    "'{peer}' can never take over the task, which requires {detail}",
    "name a peer that can (see 'ripple task plan'), or name this one anyway with --force",
    422,
    4,
  ),
  RIPPLE_TASK_INFEASIBLE: row(
    'no known machine can ever run the task, which requires {detail}',
    "require less (see 'ripple task plan'), or wait with --force for a machine that can",
    422,
    4,
  ),
  RIPPLE_TASK_NO_RECEIPT: row(
    "task '{id}' is {state} and has no receipt here",
    'the poster gets one when the task is accepted',
    404,
    1,
  ),
  RIPPLE_PROMPT_EMPTY: row('the prompt is empty', 'give some text', 400, 2),
  RIPPLE_PROMPT_TOO_LARGE: row('the prompt is too long: {bytes} bytes, at most {max}', 'shorten it', 413, 2),
  RIPPLE_PROMPT_ENCODING: row('the prompt is not UTF-8', 'convert it first', 400, 2),

  RIPPLE_MODEL_UNKNOWN: row("no model is called '{model}'", 'known models: {known}', 404, 2),
  RIPPLE_MODEL_MISSING: row(
    "the model '{model}' is not on this machine",
    "fetch it with 'ripple model pull {model}'",
    404,
    1,
  ),
  RIPPLE_MODEL_CORRUPT: row(
    '{file} is not a model that the engine can read: {detail}',
    "fetch it again with 'ripple model pull'",
    422,
    1,
  ),
  RIPPLE_MODEL_CHECKSUM: row(
    '{file} has sha256 {found}, not {wanted}',
    'remove the file and fetch it again',
    422,
    1,
  ),
  RIPPLE_MODEL_UNREAD: row(
    '{file} could not be checked: {detail}',
    'the file is kept and checked again later: try again in a minute',
    503,
    1,
  ),
  RIPPLE_MODEL_UNREACHABLE: row(
    "no source of '{model}' could be reached: {detail}",
    'check the connection, or put the file in place by hand',
    503,
    1,
  ),
  RIPPLE_CONTEXT_TOO_LONG: row(
    "the prompt has {tokens} tokens, and this model's maximum context length is {max} tokens",
    'shorten it',
    413,
    1,
  ),
  RIPPLE_MODEL_MEMORY: row(
    "there is not enough memory for the model '{model}': {detail}",
    'close other programs, or use a smaller model or context',
    507,
    1,
  ),
  RIPPLE_ENGINE_STALLED: row(
    'the engine has generated nothing for {ms} ms',
    'the task is tried again if attempts are left',
    500,
    1,
  ),
  RIPPLE_GPU_UNUSABLE: row(
    'the engine cannot use the GPU that engine.gpu names ({gpu}): {detail}',
    "install the GPU's driver, or set engine.gpu to auto or off",
    500,
    2,
  ),
  RIPPLE_ENGINE_CRASHED: row(
    'the engine died: {detail}',
    'the task is tried again if attempts are left',
    500,
    1,
  ),

  RIPPLE_CID_INVALID: row("'{cid}' is not a CID", 'a CID looks like bafkrei...', 400, 2),
  RIPPLE_ARTIFACT_UNAVAILABLE: row(
    'no reachable peer has {cid}',
    'the peer that holds it may be off',
    404,
    1,
  ),
  RIPPLE_ARTIFACT_TOO_LARGE: row('{bytes} bytes are more than {max}', 'split it', 413, 2),
  RIPPLE_ARTIFACT_NEEDS_FILE: row(
    '{cid} has {bytes} bytes, an answer carries {max} at most',
    'write it to a file with --output',
    413,
    2,
  ),
  RIPPLE_KUBO_UNREACHABLE: row(
    'Kubo does not answer at {url}: {detail}',
    'start it, or remove artifacts.kubo_url to use the built-in node',
    503,
    1,
  ),
  RIPPLE_FILE_UNWRITABLE: row('{file} cannot be written: {detail}', 'check the path', 400, 2),
  RIPPLE_FILE_UNREADABLE: row('{file} cannot be read: {detail}', 'check the path', 400, 2),

  RIPPLE_PEER_UNKNOWN: row('no card of {agent} is known here', "see 'ripple peers'", 404, 1),
  RIPPLE_PEER_AMBIGUOUS: row(
    "{count} machines are named '{name}'",
    "name one by its key, as 'ripple peers --json' shows it",
    409,
    2,
  ),
  RIPPLE_PEER_UNREACHABLE: row('{agent} cannot be reached: {detail}', 'it may be off', 503, 1),

  RIPPLE_PEER_START: row("'{what}' did not start: {detail}", 'see logs/start.log in its data folder', 503, 1),
  RIPPLE_PEER_ENDED: row("the peer '{name}' ended by itself", 'see {log}', 503, 1),

  RIPPLE_NOT_A_RECEIPT: row(
    '{file} is not a receipt',
    "give the file that 'ripple task receipt ID' names; a file that was cut off is not a receipt",
    422,
    1,
  ),
  RIPPLE_RECEIPT_INVALID: row('the receipt does not hold: {detail}', 'do not rely on it', 422, 1),
  RIPPLE_REPLAY_IMPOSSIBLE: row(
    'the receipt cannot be replayed here: {detail}',
    'verify it without --replay, or replay it on a machine of the same kind',
    409,
    1,
  ),
  RIPPLE_WASM_TOOLCHAIN: row(
    'no Rust compiler here builds for {target}',
    "run 'rustup target add wasm32-unknown-unknown', or on Debian 'apt-get install rustc-web cargo-web rust-web-src lld-22'",
    503,
    2,
  ),
  RIPPLE_BUILD_FAILED: row('{command} failed: {detail}', 'see its output above', 500, 1),
  RIPPLE_RULES_MISMATCH: row('{file} is not the pinned rules: {detail}', 'restore it with git', 500, 2),

  ...doctorErrors,
  ...chainErrors,
  ...chatErrors,
  ...ensembleErrors,
  ...inferenceErrors,
  ...installErrors,
  ...keyErrors,
  ...membershipErrors,
  ...nodeErrors,
  ...openaiErrors,
  ...mcpErrors,
  ...pageErrors,
  ...modelErrors,
  ...policyErrors,
  ...secretErrors,
  ...providerErrors,
  ...resourceErrors,
  ...toolErrors,
  ...traceErrors,
  ...webhookErrors,
} as const satisfies Record<string, ErrorRow>

/** A stable error code. */
export type ErrorCode = keyof typeof errors
