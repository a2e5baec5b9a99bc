// Sets up a new machine, on the Node that it has. It runs before packages are installed, so it imports none.
import { delimiter, join } from 'node:path'
import { badProxy, PROXY_FIX } from './bad-proxy.mjs'
import { checkPlatform, checkPrograms } from './check-machine.mjs'
import { checkSpace } from './check-space.mjs'
import { fetchModel, modelIsHere } from './fetch-model.mjs'
import { installPackages, packagesAreHere } from './install-packages.mjs'
import { ownNode, project, toolsBin } from './paths.mjs'
import { runInFront } from './run-command.mjs'
import { SetupError, say, step } from './say.mjs'
import { buildTool, missingTools, removeBuild } from './tools/install-tools.mjs'
import { takeTools, toolsSource } from './tools/take-tools.mjs'
import { versions } from './versions.mjs'
import { withoutCores } from './without-cores.mjs'

const [job = '', ...rest] = process.argv.slice(2)
const jobs = { start: 'host/start/main.ts', test: 'tests/run.ts' }

/** Installs the missing parts, then runs the job on the project's own Node. */
async function main() {
  checkPlatform()
  if (!(job in jobs)) throw new SetupError('RIPPLE_USAGE', `unknown job '${job}'`, 'jobs are start and test')
  const proxy = badProxy()
  if (proxy !== null)
    throw new SetupError('RIPPLE_CONFIG_INVALID', `${proxy} is not the URL of a proxy`, PROXY_FIX)
  const source = toolsSource()
  const toTake = source === null ? [] : missingTools()
  const toBuild = source === null ? missingTools() : []
  checkPrograms({
    building: toBuild.length > 0,
    testing: job === 'test',
    fetchingModel: !modelIsHere(),
    taking: toTake.length > 0,
  })
  checkSpace({ packages: !packagesAreHere(), toBuild, taking: toTake.length > 0, model: !modelIsHere() })
  await step('packages', installPackages)
  if (toBuild.length > 0)
    say('docs/install.md tells how to take the programs from another machine instead of building them')
  if (toTake.length > 0) await step('tools', (tell) => takeTools(source, toTake, tell))
  for (const program of Object.keys(versions)) {
    const name = `${program} ${versions[program]}`
    if (toBuild.includes(program)) await step(name, (tell) => buildTool(program, tell))
    else await step(name, () => removeBuild(program))
  }
  await step('model', fetchModel)
  const env = { ...process.env, PATH: [process.env.PATH, toolsBin].join(delimiter) }
  const { file, args } = withoutCores(ownNode, ['--import', 'tsx', join(project, jobs[job]), ...rest])
  return runInFront(file, args, env)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(`error: ${error.message} [${error.code}]\nhint: ${error.hint}`)
  process.exitCode = error.exit
}
