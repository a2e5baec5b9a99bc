/** Locates the files that ship with Ripple. */
import { fileURLToPath } from 'node:url'
import type { HappFiles } from '../../dht/app/happ.ts'

const shipped = (name: string): string => fileURLToPath(new URL(`../../../workdir/${name}`, import.meta.url))

/** The shipped hApp and the hashes that pin it. */
export const happFiles: HappFiles = { happ: shipped('ripple.happ'), pins: shipped('dna-hashes.json') }
