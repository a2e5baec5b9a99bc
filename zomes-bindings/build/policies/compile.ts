import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
import { sha256Hex } from '../../../host/codec/digest.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Pins } from '../../../host/policy/pins.ts'
import { type DecisionPoint, decisionPoints } from '../../../host/types/decision.ts'
import { OPA_VERSION } from './opa.ts'

const project = resolve(import.meta.dirname, '../../..')
/** The sources, with the list of functions that they may use. */
export const regoFolder = join(project, 'host/policy/rego')
/** The compiled policies, and what they are pinned to. */
export const shippedFolder = join(project, 'workdir/policies')
/** The pins. */
export const pinsFile = join(project, 'workdir/policies.json')

/** The compiled policies, by name. */
export type Compiled = Readonly<Record<DecisionPoint, Uint8Array>>

/** Runs the Rego tests beside the sources. Rejects with `RIPPLE_BUILD_FAILED`. */
export async function testRego(opa: string, signal: AbortSignal): Promise<string> {
  // The cases and the list of functions lie beside the sources, and opa would take them for data.
  const rego = ['--ignore', '*.json', '--ignore', '*.yaml', '.']
  await run(opa, ['check', '--strict', ...rego], regoFolder, signal)
  return run(opa, ['test', ...rego], regoFolder, signal)
}

/**
 * Compiles every policy. Of Rego's functions only those of `builtins.json` may be used: all of them are in the wasm itself,
 * while one that the evaluator would have to bring fails when it is called, not when it is compiled.
 */
export async function compilePolicies(opa: string, signal: AbortSignal): Promise<Compiled> {
  const stage = await mkdtemp(join(tmpdir(), 'ripple-policies-'))
  try {
    const capabilities = join(stage, 'capabilities.json')
    await writeFile(capabilities, await capabilitiesOf(opa, signal))
    const made: [DecisionPoint, Uint8Array][] = []
    for (const name of decisionPoints)
      made.push([name, await compile(opa, name, { stage, capabilities }, signal)])
    return Object.fromEntries(made) as Compiled
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
}

/** The pins of what was compiled of the sources as they are. */
export async function pinsOf(compiled: Compiled): Promise<Pins> {
  const policies = await Promise.all(
    decisionPoints.map(async (name) => {
      const source = sha256Hex(await readFile(join(regoFolder, `${name}.rego`)))
      return [name, { wasm: sha256Hex(compiled[name]), source }] as const
    }),
  )
  return {
    opa: OPA_VERSION,
    builtins: sha256Hex(await readFile(join(regoFolder, 'builtins.json'))),
    policies: Object.fromEntries(policies) as Pins['policies'],
  }
}

const capabilities = z.looseObject({ builtins: z.array(z.looseObject({ name: z.string() })) })

async function capabilitiesOf(opa: string, signal: AbortSignal): Promise<string> {
  const text = await readFile(join(regoFolder, 'builtins.json'), 'utf8')
  const allowed = z.array(z.string()).parse(JSON.parse(text))
  const all = capabilities.parse(
    JSON.parse(await run(opa, ['capabilities', '--current'], regoFolder, signal)),
  )
  return JSON.stringify({ ...all, builtins: all.builtins.filter(({ name }) => allowed.includes(name)) })
}

async function compile(
  opa: string,
  name: DecisionPoint,
  { stage, capabilities }: { readonly stage: string; readonly capabilities: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bundle = join(stage, `${name}.tar.gz`)
  const entries = ['decision', 'rules'].flatMap((rule) => ['-e', `ripple/${name}/${rule}`])
  // In the sources' folder, because their paths get into the bytes.
  const args = [
    'build',
    '-t',
    'wasm',
    '--capabilities',
    capabilities,
    ...entries,
    '-o',
    bundle,
    `${name}.rego`,
  ]
  await run(opa, args, regoFolder, signal)
  await run('tar', ['-xzf', bundle, '-C', stage], stage, signal)
  return readFile(join(stage, 'policy.wasm'))
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<string> {
  const ran = await execa(program, [...args], { cwd, cancelSignal: signal, reject: false })
  if (!ran.failed) return ran.stdout
  const detail = `${ran.stderr}\n${ran.stdout}`.trim()
  throw new RippleError('RIPPLE_BUILD_FAILED', { command: `${program} ${args[0]}`, detail })
}
