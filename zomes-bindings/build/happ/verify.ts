import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { outline, parts } from './bundle.ts'
import { type Packed, sha256 } from './pack.ts'
import type { Pins } from './pins.ts'
import type { Environment } from './toolchain.ts'

/** What a comparison found. */
export interface Findings {
  /** Whether this machine compiles as the pins record it. */
  readonly sameEnvironment: boolean
  /** What was compared and is the same. */
  readonly same: readonly string[]
  /** What differs; empty when the shipped hApp is what the sources say. */
  readonly different: readonly string[]
}

/** Compares the shipped hApp with its pins and with one that was built here from the sources. */
export async function compareHapp(
  shipped: string,
  pins: Pins,
  built: Packed,
  environment: Environment,
): Promise<Findings> {
  const [old, fresh] = await Promise.all([readFile(shipped), readFile(built.file)])
  const sameEnvironment = isDeepStrictEqual(environment, pins.environment)
  const checks: [string, boolean][] = [['sha256 of the shipped file', sha256(old) === pins.happ_sha256]]
  if (sameEnvironment)
    checks.push(...compareBytes(old, fresh), ['DNA hashes', isDeepStrictEqual(built.dnas, pins.dnas)])
  else checks.push(...compareOutlines(old, fresh))
  const named = (wanted: boolean): string[] =>
    checks.filter(([, same]) => same === wanted).map(([name]) => name)
  return { sameEnvironment, same: named(true), different: named(false) }
}

function compareBytes(old: Uint8Array, fresh: Uint8Array): [string, boolean][] {
  const [before, after] = [parts(old), parts(fresh)]
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  const wasm = names.map((name): [string, boolean] => [
    name,
    isDeepStrictEqual(before.get(name), after.get(name)),
  ])
  return [...wasm, ['the whole file', sha256(old) === sha256(fresh)]]
}

function compareOutlines(old: Uint8Array, fresh: Uint8Array): [string, boolean][] {
  const [before, after] = [outline(old), outline(fresh)]
  const names = [...new Set([...Object.keys(before.dnas), ...Object.keys(after.dnas)])].sort()
  const dnas = names.flatMap((name): [string, boolean][] => [
    [`${name}: manifest`, isDeepStrictEqual(before.dnas[name]?.manifest, after.dnas[name]?.manifest)],
    [`${name}: exports`, isDeepStrictEqual(before.dnas[name]?.exports, after.dnas[name]?.exports)],
  ])
  return [['manifest of the hApp', isDeepStrictEqual(before.manifest, after.manifest)], ...dnas]
}
