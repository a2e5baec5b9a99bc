/** Finds the pinned programs of Holochain. */
import { join } from 'node:path'
import type { Env } from '../../config/env.ts'
import { findProgram } from '../../processes/find-program.ts'
import { versions } from '../../setup/versions.mjs'

/** A program of Holochain that Ripple runs. */
export type Program = keyof typeof versions

/** Returns the version of a program that Ripple needs. */
export function pinnedVersion(name: Program): string {
  return versions[name]
}

/**
 * Finds a program of the pinned version, on the path or among the tools that set-up built. Rejects with
 * `RIPPLE_CONDUCTOR_MISSING` or `RIPPLE_CONDUCTOR_VERSION`.
 */
export function locateProgram(
  name: Program,
  env: Pick<Env, 'path'>,
  cache: string,
  signal: AbortSignal,
): Promise<string> {
  const toolsFolder = join(cache, 'tools', 'bin')
  return findProgram({ name, version: versions[name], explicit: null, path: env.path, toolsFolder }, signal)
}
