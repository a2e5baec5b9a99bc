/** Prints the measurements of the house: a table, or with --json one document that also names the places. */
import { resolve } from 'node:path'
import { measureHouse } from './measure.ts'
import { table } from './table.ts'

const house = measureHouse(resolve(import.meta.dirname, '../..'))
const json = process.argv.includes('--json')
console.log(json ? JSON.stringify(house, null, 2) : table(house.sections))
