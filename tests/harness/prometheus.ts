/** Finds Prometheus and its promtool, and the expressions of the dashboard and the alert rules. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

/** The folder of the dashboard and the alert rules. */
export const observability = new URL('../../manifests/observability', import.meta.url).pathname

/** Why a program of Prometheus cannot run here, for the title of a test that is skipped; empty if it can. */
export function missing(program: 'prometheus' | 'promtool'): string {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return ''
  } catch {
    return ` (skipped: ${program} is not installed; apt-get install prometheus)`
  }
}

const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
})
const alerts = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
})

/** Returns the expressions of the dashboard with their panels' titles; rates are over a minute. */
export function panelExpressions(): { title: string; expr: string }[] {
  const { panels } = dashboard.parse(JSON.parse(readFileSync(join(observability, 'dashboard.json'), 'utf8')))
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', '1m') })),
  )
}

/** Returns the expressions of the alert rules with their names. */
export function ruleExpressions(): { title: string; expr: string }[] {
  const { groups } = alerts.parse(parse(readFileSync(join(observability, 'alerts.yml'), 'utf8')))
  return groups.flatMap(({ rules }) => rules.map(({ alert: title, expr }) => ({ title, expr })))
}
