/** Runs a user manager of systemd, in namespaces of this machine, for tests of a service. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { Machine } from './peer.ts'
import { until } from './until.ts'

const SYSTEMD = '/lib/systemd/systemd'
const RUNTIME = '/run/user/0'

/** Makes the folders that systemd looks for, and a group of control of its own, and becomes the manager. */
const manager = `set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system ${RUNTIME}
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$1"
echo $$ > "/sys/fs/cgroup/$1/cgroup.procs"
exec ${SYSTEMD} --user --log-target=null`

/** Says why no user manager can run here, or null when it can: that takes Linux, root, systemd and namespaces. */
export function systemdProblem(): string | null {
  if (process.platform !== 'linux') return 'systemd is a Linux thing'
  if (process.getuid?.() !== 0) return 'running a user manager in namespaces takes root'
  if (!existsSync(SYSTEMD)) return 'systemd is not installed'
  const { status } = spawnSync('unshare', ['--mount', '--cgroup', 'true'])
  return status === 0 ? null : 'this kernel refuses the namespaces'
}

/** A machine whose commands reach the user manager. Disposing ends the manager with its services. */
export async function userSystemd(home: string, cache: string): Promise<Machine & AsyncDisposable> {
  const group = `ripple-test-${process.pid}`
  const words = ['--mount', '--cgroup', '--propagation', 'private', 'sh', '-c', manager, 'sh', group]
  const env = { HOME: home, XDG_RUNTIME_DIR: RUNTIME, XDG_CACHE_HOME: cache }
  const child = spawn('unshare', words, { env: { ...process.env, ...env }, stdio: 'ignore' })
  const prefix = ['nsenter', '--mount', `--target=${child.pid}`]
  const systemctl = (verb: string) =>
    spawnSync(prefix[0] ?? '', [...prefix.slice(1), 'systemctl', '--user', verb], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    }).stdout.trim()
  await until('the user manager runs', async () =>
    ['running', 'degraded'].includes(systemctl('is-system-running')),
  )
  return {
    prefix,
    env,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      systemctl('exit')
      await ended
      const mounts = readFileSync('/proc/mounts', 'utf8')
      const [, groups = ''] = /^\S+ (\S+) cgroup2 /m.exec(mounts) ?? []
      execFileSync('find', [`${groups}/${group}`, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'])
    },
  }
}
