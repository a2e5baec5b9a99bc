import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActionHash, Millis } from '../../host/types/events.ts'
import type { Disturbance, History } from '../harness/checker/history.ts'

/** The options of a run, and the observations of the harness. */
export interface Told {
  readonly seed: number
  /** The requested size of the run; it may have done less. */
  readonly asked: {
    readonly tasks: number
    readonly kills: number
    /** How long all might take to end after the last fault, and the longest lease, in milliseconds. */
    readonly quiet_ms: Millis
    readonly lease_ms: Millis
  }
  readonly posted: number
  /** Tasks that a client was told stand on the chain. */
  readonly acknowledged: readonly ActionHash[]
  readonly kills: Readonly<Record<string, number>>
  /** Time from the start of a killed daemon to its being ready, in milliseconds. */
  readonly restarts: readonly number[]
  /** The clients' repeated requests and final refusals, by code. */
  readonly again: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  /** Daemons that ended by themselves, did not start, or did not stop in good order; processes that stayed. */
  readonly defects: readonly string[]
  readonly wall_ms: number
}

/** A history without what the judge allows for. */
export type Facts = Omit<History, 'aftermath_ms' | 'late_ms'>

/** All that a run is judged by, and no judgement: a better checker may read it again. */
export interface RunRecord {
  readonly told: Told
  readonly history: Facts
  /** The faults with their machines and their span; the history has the moment of each as well. */
  readonly disturbances: readonly Disturbance[]
}

/** Its file's name in the folder of `--logs`. */
const file = 'run.json'

/** Writes a record into a folder, which is made where it is missing. */
export async function keepRecord(folder: string, { told, history, disturbances }: RunRecord): Promise<void> {
  const { chains, opened, ahead_ms, able } = history
  const maps = { chains: [...chains], opened: [...opened], ahead_ms: [...ahead_ms], able: [...able] }
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, file),
    JSON.stringify({ told, history: { ...history, ...maps }, disturbances }),
  )
}

/** A History as it stands in a file, where a Map is the list of its entries. */
type Written = {
  [K in keyof Facts]: Facts[K] extends ReadonlyMap<infer Key, infer Value> ? [Key, Value][] : Facts[K]
}

/** Reads the record that `keepRecord` wrote into a folder. */
export async function readRecord(folder: string): Promise<RunRecord> {
  const text = await readFile(join(folder, file), 'utf8')
  const { history, ...rest } = JSON.parse(text) as Omit<RunRecord, 'history'> & { history: Written }
  const maps = {
    chains: new Map(history.chains),
    opened: new Map(history.opened),
    ahead_ms: new Map(history.ahead_ms),
    able: new Map(history.able),
  }
  // Records of before do not say what waits.
  const { waiting = [] } = history
  return { ...rest, history: { ...history, ...maps, waiting } }
}
