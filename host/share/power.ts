/** Reads the power source of the machine. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import si from 'systeminformation'

/**
 * Whether the machine runs on a battery; null if unknown. On Linux the kernel's files are read, because systeminformation
 * (5.33) knows few names of power supplies. If it does not know the name, it reports a laptop that is plugged in and full
 * as on battery.
 */
export async function onBattery(
  platform: NodeJS.Platform = process.platform,
  supplies = '/sys/class/power_supply',
): Promise<boolean | null> {
  if (platform === 'linux') return onBatteryLinux(supplies)
  const { hasBattery, acConnected } = await si.battery()
  return hasBattery && !acConnected
}

/**
 * Reads the kernel's list of power supplies. A battery of a mouse or a headset has the scope `Device` and does not power
 * the machine.
 */
async function onBatteryLinux(supplies: string): Promise<boolean> {
  const names = await readdir(supplies).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const word = (file: string) => readFile(join(supplies, name, file), 'utf8').then(trim, () => '')
      const [type, scope, status, online] = await Promise.all(['type', 'scope', 'status', 'online'].map(word))
      return { type, scope, status, online }
    }),
  )
  const plugged = found.some(({ type, online }) => type !== 'Battery' && online === '1')
  const draining = found.some(
    ({ type, scope, status }) => type === 'Battery' && scope !== 'Device' && status === 'Discharging',
  )
  return draining && !plugged
}

function trim(text: string): string {
  return text.trim()
}
