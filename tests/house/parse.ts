/** Functions and imports of TypeScript sources, as the compiler's own parser reads them. */
import { posix } from 'node:path'
import * as ast from 'typescript/unstable/ast'
import { createVirtualFileSystem } from 'typescript/unstable/fs'
import { API } from 'typescript/unstable/sync'

export interface Parsed {
  readonly path: string
  /** Lines of each function that has a block as its body, its signature included. */
  readonly functions: readonly number[]
  readonly imports: readonly Import[]
}

/** A file by its path from the project's folder, or a package; the import of a type is gone at run time. */
export interface Import {
  readonly to: string
  readonly typeOnly: boolean
}

/** Parses sources in memory, given by their paths from the project's folder. */
export function parseSources(texts: ReadonlyMap<string, string>): Parsed[] {
  const options = {
    noLib: true,
    noResolve: true,
    types: [],
    allowJs: true,
    jsx: 'preserve',
    module: 'nodenext',
  }
  const config = JSON.stringify({ compilerOptions: options, files: [...texts.keys()] })
  const files = Object.fromEntries([...texts].map(([path, text]) => [`/${path}`, text]))
  const fs = createVirtualFileSystem({ ...files, '/tsconfig.json': config })
  const api = new API({ cwd: '/', fs })
  try {
    const project = api.updateSnapshot({ openProjects: ['/tsconfig.json'] }).getProject('/tsconfig.json')
    return [...texts.keys()].map((path) => {
      const source = project?.program.getSourceFile(`/${path}`)
      if (source === undefined) throw new Error(`${path} was not parsed`)
      return { path, functions: functionsOf(source), imports: importsOf(path, source) }
    })
  } finally {
    api.close()
  }
}

function functionsOf(source: ast.SourceFile): number[] {
  const found: number[] = []
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line
  const visit = (node: ast.Node): void => {
    if (ast.isFunctionLikeDeclaration(node) && node.body !== undefined && ast.isBlock(node.body)) {
      found.push(lineAt(node.getEnd()) - lineAt(node.getStart(source)) + 1)
    }
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

function importsOf(path: string, source: ast.SourceFile): Import[] {
  return source.imports.filter(ast.isStringLiteral).map(({ text, parent }) => {
    const to = text.startsWith('.') ? posix.join(posix.dirname(path), text) : text
    if (ast.isImportDeclaration(parent)) {
      return { to, typeOnly: parent.importClause?.phaseModifier === ast.SyntaxKind.TypeKeyword }
    }
    return {
      to,
      typeOnly: ast.isExportDeclaration(parent) ? parent.isTypeOnly : !ast.isCallExpression(parent),
    }
  })
}
