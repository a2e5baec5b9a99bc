import { join } from 'node:path'
import { encodeHashToBase64 } from '@holochain/client'
import { happFiles } from '../../host/daemon/machine/files.ts'
import { readHapp } from '../../host/dht/app/happ.ts'
import { AgentKeyLock } from '../../host/dht/fork-guard/agent-key-lock.ts'
import { ForkGuard } from '../../host/dht/fork-guard/fork-guard.ts'
import { connectSession, type Session } from '../../host/dht/session/session.ts'
import { runConductor } from '../../host/processes/conductor.ts'
import { SYNC_EVERY_MS } from '../../host/processes/conductor-config.ts'
import { randomOrigin } from '../../host/processes/origin.ts'
import type { MeshEntry } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { Written } from '../../zomes-bindings/generated/shared.ts'
import { type ConductorNetwork, program } from '../harness/conductors.ts'

/** A conductor without a daemon: every call goes straight over the app websocket. */
export interface RawConductor extends AsyncDisposable {
  readonly agent: string
  readonly dnaHash: string
  /** Process of the conductor. */
  readonly pid: number
  readonly session: Session
  commit(entry: MeshEntry): Promise<string>
  /** Calls a function of `scheduling`. */
  call<T>(fn: string, payload: unknown): Promise<T>
  /** Place of the last own event on the chain, which is about how many actions it holds. */
  chainLength(): Promise<number>
}

/** Starts one on a data folder. */
export async function rawConductor(
  data: string,
  { network }: Pick<ConductorNetwork, 'network'>,
): Promise<RawConductor> {
  await using opening = new AsyncDisposableStack()
  const { signal } = new AbortController()
  const folder = join(data, 'conductor')
  const happ = await readHapp(happFiles)
  const { conductorUrl: url, gossip, seed } = network
  const origin = randomOrigin()
  const running = opening.use(
    await runConductor(
      {
        program: await program('holochain'),
        passphraseFile: join(data, 'passphrase'),
        logFile: join(data, 'conductor.log'),
        settings: {
          folder,
          url,
          adminPort: null,
          origin,
          gossip,
          syncEveryMs: SYNC_EVERY_MS.min,
        },
        onEvent: () => {},
      },
      signal,
    ),
  )
  const [leftFile, leftEpochsFile] = [join(folder, 'left-apps'), join(folder, 'left-epochs')]
  const ownKey = opening.use(await AgentKeyLock.open(join(data, 'heads'), join(folder, 'agent')))
  const guard = opening.use(
    new ForkGuard(
      () => ownKey.book,
      () => undefined,
    ),
  )
  const options = {
    origin,
    app: {
      happ,
      seed,
      epoch: network.epoch,
      membership: null,
      dropOthers: false,
      lastRun: happ.sha256,
      leftFile,
      lastAppFile: join(folder, 'app'),
      leftEpochsFile,
      restoreFile: join(folder, 'restore'),
      databases: join(folder, 'holochain', 'databases'),
    },
    signingFile: join(data, 'signing.json'),
    now: Date.now,
    ownKey,
    guard,
    checkRoom: async () => {},
    endUnlisted: async () => {},
    onMissed: () => {},
    onBadSignal: () => {},
  }
  const session = opening.use(await connectSession(running.current()?.ready.adminPort ?? 0, options, signal))
  const cell_id = session.epochs[0]?.cell ?? null
  if (cell_id === null) throw new TypeError('no epoch is open')
  const call = <T>(fn_name: string, payload: unknown): Promise<T> =>
    session.app.callZome({ cell_id, zome_name: 'scheduling', fn_name, payload }) as Promise<T>
  const stack = opening.move()
  return {
    agent: encodeHashToBase64(cell_id[1]),
    dnaHash: encodeHashToBase64(cell_id[0]),
    pid: running.current()?.pid ?? 0,
    session,
    commit: async (entry) => (await call<Written<MeshEntry>>('commit', entry)).hash,
    call,
    chainLength: async () => (await call<Written<MeshEntry>[]>('own_events', 0)).at(-1)?.seq ?? 0,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
