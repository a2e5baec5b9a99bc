import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownNode, project } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'

const stamp = join(project, 'node_modules', '.ripple-lock')

/**
 * Runs `npm ci` when the lockfile is not the one that was installed last. The stamp is written after a whole
 * install only, so an interrupted one is done again.
 */
export async function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(project, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(ownNode)) return 'unchanged'
  await runQuietly('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: project,
    code: 'RIPPLE_SETUP_PACKAGES',
    hint: 'check the connection to the npm registry and start again',
  })
  if (!existsSync(ownNode)) {
    throw new SetupError(
      'RIPPLE_SETUP_PACKAGES',
      "the package 'node' did not install its binary",
      'allow install scripts (npm config get ignore-scripts) and start again',
      1,
    )
  }
  writeFileSync(stamp, wanted)
  return 'installed'
}
