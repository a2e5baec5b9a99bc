/** Puts the types that ts-rs writes, a file each, into one file for each module of `dnas/shared`. */

/** A type as ts-rs writes it: its comment and declaration, and the types that it names. */
interface Written {
  readonly name: string
  readonly text: string
  readonly names: readonly string[]
}

const HEADER =
  '// ts-rs made these types from Rust, and `npm run types:build` bundles them. Do not edit them here.\n'

/**
 * Returns the bundled files by name: `resource-mesh.ts` for the types of `resource_mesh`. `sources` are the Rust files by
 * their path under `dnas/shared/src`; a type that stands in a file there belongs to `shared.ts`.
 */
export function bundleTypes(
  written: ReadonlyMap<string, string>,
  sources: ReadonlyMap<string, string>,
): Map<string, string> {
  const fileOf = filesOfTypes(sources)
  const bundles = Map.groupBy([...written].map(parse), ({ name }) => fileOf.get(name) ?? 'shared.ts')
  return new Map([...bundles].map(([file, types]) => [file, bundle(file, types, fileOf)]))
}

function filesOfTypes(sources: ReadonlyMap<string, string>): Map<string, string> {
  const found = [...sources].flatMap(([path, text]) => {
    const [folder, rest] = path.split('/')
    const file = rest === undefined ? 'shared.ts' : `${folder?.replaceAll('_', '-')}.ts`
    return [...text.matchAll(/^pub (?:struct|enum|type) (\w+)/gm)].map(
      ([, name = '']) => [name, file] as const,
    )
  })
  return new Map(found)
}

function parse([file, text]: [string, string]): Written {
  const lines = text.split('\n').filter((line) => !line.startsWith('// This file was generated'))
  const imports = lines.filter((line) => line.startsWith('import '))
  const rest = lines.filter((line) => !line.startsWith('import '))
  const names = imports.flatMap((line) => [...line.matchAll(/[{,] *(\w+)/g)].map(([, name = '']) => name))
  return { name: file.replace(/\.ts$/, ''), text: rest.join('\n').trim(), names }
}

function bundle(file: string, types: readonly Written[], fileOf: ReadonlyMap<string, string>): string {
  const foreign = new Set(types.flatMap(({ names }) => names).filter((name) => home(name) !== file))
  const imports = [...Map.groupBy([...foreign].sort(), home)].sort(([a], [b]) => (a < b ? -1 : 1))
  const head = imports.map(([from, names]) => `import type { ${names.join(', ')} } from './${from}'\n`)
  const sorted = [...types].sort((a, b) => (a.name < b.name ? -1 : 1))
  return [`${HEADER}${head.join('')}`, ...sorted.map(({ text }) => `${text}\n`)].join('\n')

  function home(name: string): string {
    return fileOf.get(name) ?? 'shared.ts'
  }
}
