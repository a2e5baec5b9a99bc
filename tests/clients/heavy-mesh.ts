// Opens the mesh of an agent of hundreds of megabytes, and runs the agent there.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect } from 'vitest'
import { openMesh } from '../harness/mesh.ts'
import { SCRIPTED_MODEL } from '../harness/no-models.ts'
import { until } from '../harness/until.ts'
import { installHeavy } from './install.ts'

/** Longest time that one session may take, in milliseconds. */
const SESSION_MS = 120_000

/** A mesh of two machines, and the folder and the home of each session. */
export interface HeavyMesh {
  /** The address of the machine that the agent asks, and the key for it. */
  readonly url: string
  readonly key: string
  /** Makes the folder and the home of a session. */
  place(name: string): Promise<Place>
  /** Ends the mesh. Rejects if a process stays. */
  end(): Promise<void>
}

/** Where one session runs. */
export interface Place {
  readonly folder: string
  readonly home: string
}

/** Installs the agents, and starts a machine without models beside one with the scripted model. */
export async function openHeavyMesh(name: string): Promise<HeavyMesh> {
  await installHeavy()
  const mesh = await openMesh(name)
  const [poster] = await Promise.all([mesh.upWithoutModels('poster'), mesh.upScripted('scripted')])
  const { url, key_file } = poster.ready.api
  const key = (await readFile(key_file, 'utf8')).trim()
  await until('the poster knows the model', async () => {
    const { data } = (await (await fetch(`${url}/v1/models`, { headers: { 'x-api-key': key } })).json()) as {
      data: { id: string }[]
    }
    return data.some(({ id }) => id === SCRIPTED_MODEL)
  })
  return {
    url,
    key,
    place: async (session) => {
      const place = { folder: join(mesh.folder, session), home: join(mesh.folder, `${session}-home`) }
      for (const made of [place.folder, place.home]) await mkdir(made)
      return place
    },
    end: async () => {
      expect(await mesh.end()).toEqual([])
    },
  }
}

/** Runs an agent without a terminal, and reads its output. It reaches nothing but the daemon. */
export async function runAgent<T>(
  program: string,
  words: readonly string[],
  { folder, home }: Place,
  env: Readonly<Record<string, string>>,
  read: (output: string) => T,
): Promise<T> {
  const ran = await execa(process.execPath, [program, ...words], {
    ...{ cwd: folder, stdin: 'ignore', timeout: SESSION_MS, all: true, reject: false, extendEnv: false },
    env: { PATH: process.env.PATH, HOME: home, ...env },
  })
  try {
    return read(ran.stdout)
  } catch {
    throw new TypeError(`${program} ended with ${ran.exitCode}:\n${ran.all}`)
  }
}
