// Checks that set-up can run on this machine.
import { arch, platform } from 'node:os'
import { outputOf } from './run-command.mjs'
import { SetupError } from './say.mjs'
import { NODE_MAJOR_MIN, RUST_MIN } from './versions.mjs'

/** Refuses platforms without support, and a Node that is too old for the set-up. */
export function checkPlatform() {
  if (platform() === 'win32') {
    throw new SetupError('RIPPLE_SETUP_PLATFORM', 'Windows itself is not supported', 'run Ripple in WSL2')
  }
  const known = ['linux', 'darwin'].includes(platform()) && ['x64', 'arm64'].includes(arch())
  if (!known) {
    throw new SetupError(
      'RIPPLE_SETUP_PLATFORM',
      `${platform()} on ${arch()} is not supported`,
      'use Linux or macOS on x86_64 or ARM64',
    )
  }
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
    throw new SetupError(
      'RIPPLE_SETUP_NODE',
      `Node ${process.versions.node} is too old`,
      `install Node ${NODE_MAJOR_MIN} or newer`,
    )
  }
}

/** Returns the line that installs a program: Debian's package, or the line for macOS. */
const line = (debian, mac) => (platform() === 'darwin' ? mac : `sudo apt-get install -y ${debian}`)
const rust = 'curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh'

/** Programs that building the conductor needs: the command, the arguments that test it, and the line that installs it. */
const builders = [
  { command: 'cargo', args: ['--version'], install: rust },
  { command: 'rustc', args: ['--version'], install: rust, oldest: RUST_MIN },
  { command: 'cc', args: ['--version'], install: line('build-essential', 'xcode-select --install') },
  { command: 'cmake', args: ['--version'], install: line('cmake', 'brew install cmake') },
  { command: 'perl', args: ['-e', 'print 1'], install: line('perl', 'brew install perl') },
]
const python = {
  command: 'python3',
  args: ['-m', 'pip', '--version'],
  install: line('python3-pip', 'brew install python'),
}
const tests = builders.slice(0, 3)
const tar = { command: 'tar', args: ['--version'], install: line('tar', 'brew install gnu-tar') }

/**
 * Throws one error for all missing programs, each with the line that installs it.
 * @param {{building: boolean, testing: boolean, fetchingModel: boolean, taking: boolean}} needs the steps of this run
 */
export function checkPrograms({ building, testing, fetchingModel, taking }) {
  const wanted = [
    ...(building ? builders : testing ? tests : []),
    ...(fetchingModel ? [python] : []),
    ...(taking ? [tar] : []),
  ]
  const missing = wanted.map(problemOf).filter((line) => line !== null)
  if (missing.length === 0) return
  const lines = missing.map((line) => `  ${line}`).join('\n')
  throw new SetupError(
    'RIPPLE_SETUP_MISSING',
    `this machine lacks:\n${lines}`,
    'run the lines above, then start again',
  )
}

function problemOf({ command, args, install, oldest }) {
  const said = outputOf(command, args)
  if (said === null) return `${command}: ${install}`
  if (oldest && older(/(\d+\.\d+)/.exec(said)?.[1] ?? '0.0', oldest)) {
    return `${command} ${oldest} or newer (found: ${said}): rustup update stable`
  }
  return null
}

function older(found, wanted) {
  const [a, b] = [found, wanted].map((text) => text.split('.').map(Number))
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1]
}
