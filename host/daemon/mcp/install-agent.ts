/** Connects an agent on this machine: makes its key, and writes its settings. */
import { stat } from 'node:fs/promises'
import type { z } from 'zod'
import { toRippleError } from '../../errors/ripple-error.ts'
import { keyCreate, keyRm } from '../../operations/key/shape.ts'
import type { mcpInstall } from '../../operations/mcp/shape.ts'
import { callOperation, type Remote } from '../../operations/remote.ts'
import type { Scope } from '../../types/principal.ts'
import { type AgentPlace, changeFor, writeChange } from './install-client.ts'

/** The key in an entry that is only shown. */
const HIDDEN_KEY = '<a new key>'
/** The bits of a file's mode by which others than its owner may read it. */
const OTHERS_READ = 0o044

/** The parts that an installation uses. */
export interface InstallNeeds {
  readonly place: AgentPlace
  /** Connects to the daemon, which makes the key. Rejects with `RIPPLE_NO_DAEMON`. */
  connect(): Promise<Remote>
  say(line: string): void
}

/**
 * Adds the mesh to an agent's settings, with a key of its own, which is neither shown nor an argument of any program. A key of
 * the name that is there belongs to an entry that was removed, and is replaced. Rejects with `RIPPLE_AGENT_FILE`,
 * `RIPPLE_FILE_UNWRITABLE`, `RIPPLE_NO_DAEMON`, and as `key.create` does; no new key is left then.
 */
export async function installAgent(
  { place, connect, say }: InstallNeeds,
  { agent, scopes, dry_run }: z.output<typeof mcpInstall.input>,
  signal: AbortSignal,
): Promise<z.output<typeof mcpInstall.output>> {
  const { file, entry, text } = await changeFor(agent, place, HIDDEN_KEY)
  if (text !== null) say(`${file} gets:\n${entry}`)
  if (text === null || dry_run) return { file, entry, written: false, key: null, readable_by_others: false }
  const name = `mcp-${agent}`
  const remote = await connect()
  const { key, replaced } = await newKey(remote, { name, scopes }, signal)
  try {
    await writeChange(await changeFor(agent, place, key))
  } catch (thrown) {
    await callOperation(remote, keyRm, { name }, AbortSignal.timeout(UNDO_MS)).catch(() => {})
    throw thrown
  }
  const readable_by_others = ((await stat(file)).mode & OTHERS_READ) !== 0
  return { file, entry, written: true, key: { name, scopes, replaced }, readable_by_others }
}

/** Milliseconds for the removal of a key whose entry could not be written. */
const UNDO_MS = 10_000

async function newKey(
  remote: Remote,
  request: { readonly name: string; readonly scopes: Scope[] },
  signal: AbortSignal,
): Promise<{ key: string; replaced: boolean }> {
  const create = async () => (await callOperation(remote, keyCreate, request, signal)).key
  try {
    return { key: await create(), replaced: false }
  } catch (thrown) {
    if (toRippleError(thrown).code !== 'RIPPLE_KEY_EXISTS') throw thrown
    await callOperation(remote, keyRm, { name: request.name }, signal)
    return { key: await create(), replaced: true }
  }
}
