import { measured } from '../engine/measured.ts'
import type { Engine } from '../engine/port.ts'
import type { Journal } from '../work/port.ts'

/** Where the journal keeps the speed. */
const KEY = 'tokens_per_second'

/** The decode speed that this machine last ran at, in tokens a second; 0 before its first run that was long enough. */
export async function lastSpeed(journal: Journal): Promise<number> {
  const kept = await journal.get('meta', KEY)
  return typeof kept === 'number' ? kept : 0
}

/** The engine, with the speed of its runs noted in the journal; a note that fails is told and costs nothing else. */
export function notingSpeed(engine: Engine, journal: Journal, onError: (error: unknown) => void): Engine {
  return measured(engine, (speed) => void journal.put('meta', KEY, speed).catch(onError))
}
