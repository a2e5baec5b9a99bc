import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '../../host/codec/canonical-json.ts'
import { toRippleError } from '../../host/errors/ripple-error.ts'
import { pinsSchema } from '../../host/policy/pins.ts'
import { decisionPoints } from '../../host/types/decision.ts'
import { compilePolicies, pinsFile, pinsOf, shippedFolder, testRego } from './policies/compile.ts'
import { opaProgram } from './policies/opa.ts'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Tests and compiles the policies, puts them into `workdir` and pins them; `verify` compares with the pins instead. */
async function run(verb: 'build' | 'verify', signal: AbortSignal): Promise<void> {
  const opa = await opaProgram(say, signal)
  say((await testRego(opa, signal)).trim())
  const compiled = await compilePolicies(opa, signal)
  const pins = await pinsOf(compiled)
  for (const name of decisionPoints)
    say(`${name}  ${(compiled[name].length / 1024).toFixed(0)} KiB, sha256 ${pins.policies[name].wasm}`)
  if (verb === 'build') {
    await mkdir(shippedFolder, { recursive: true })
    for (const name of decisionPoints) await writeFile(join(shippedFolder, `${name}.wasm`), compiled[name])
    await writeFile(pinsFile, `${JSON.stringify(pins, null, 2)}\n`)
    return
  }
  const pinned = pinsSchema.parse(JSON.parse(await readFile(pinsFile, 'utf8')))
  if (canonicalJson(pinned) === canonicalJson(pins)) return say('the same as the pinned ones')
  say('different from the pinned ones: other sources, or another OPA')
  process.exitCode = 1
}

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
const verb = process.argv[2] ?? 'build'
try {
  if (verb === 'build' || verb === 'verify') await run(verb, stop.signal)
  else {
    say("say 'build' or 'verify'")
    process.exitCode = 2
  }
} catch (thrown) {
  const error = toRippleError(thrown)
  say(`${error.message} [${error.code}]\n${error.hint}`)
  process.exitCode = error.exit
}
