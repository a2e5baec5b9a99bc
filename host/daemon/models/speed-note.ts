/** Notes the speed of this machine's runs in the journal. */
import { measured } from '../../engine/measured.ts'
import type { Engine } from '../../engine/port.ts'
import type { Journal } from '../../work/journal/port.ts'

/** Journal keys of the speed, and of the model that ran at it. */
const KEY = 'tokens_per_second'
const MODEL_KEY = 'tokens_per_second_of'

/** Returns the last decode speed of this machine, in tokens per second; 0 before its first run that was long enough. */
export async function lastSpeed(journal: Journal): Promise<number> {
  const kept = await journal.get('meta', KEY)
  return typeof kept === 'number' ? kept : 0
}

/** Returns the last speed with the sha256 of the model that ran; null if either is unknown. */
export async function lastMeasured(
  journal: Journal,
): Promise<{ readonly sha256: string; readonly tokens_per_second: number } | null> {
  const [tokens_per_second, sha256] = [await lastSpeed(journal), await journal.get('meta', MODEL_KEY)]
  return tokens_per_second > 0 && typeof sha256 === 'string' ? { sha256, tokens_per_second } : null
}

/**
 * Wraps the engine so that the speed of its runs is noted in the journal. A failed note is reported and has no other
 * effect.
 */
export function notingSpeed(engine: Engine, journal: Journal, onError: (error: unknown) => void): Engine {
  const note = async (speed: number): Promise<void> => {
    await journal.put('meta', MODEL_KEY, engine.models()[0]?.sha256 ?? '')
    await journal.put('meta', KEY, speed)
  }
  return measured(engine, (speed) => void note(speed).catch(onError))
}
