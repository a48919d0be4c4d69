import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { repositoryRoot } from '../tools/workspaces.mjs'

interface Diagnostic {
  readonly category: string
  readonly location: { readonly path: string; readonly start: { readonly line: number } }
}

describe('biome, with the configuration of this repository', () => {
  let folder: string
  let found: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-lint-'))
    copyFileSync(join(repositoryRoot, 'biome.json'), join(folder, 'biome.json'))
    await put('save.ts', 'export async function save(): Promise<void> {\n  await Promise.resolve()\n}\n')
    await put('floating.ts', "import { save } from './save.js'\n\nexport function run(): void {\n  save()\n}\n")
    await put('any.ts', 'export const loose = (value: any): unknown => value\n')
    await put('good.ts', "import { save } from './save.js'\n\nexport async function run(): Promise<void> {\n  await save()\n}\n")
    await put('test/fixtures/any.ts', 'export const loose = (value: any): unknown => value\n')
    await put('test/recordings/page.json', '{ "as"  :  "recorded" }')
    found = check()
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function put(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }

  function check(): string[] {
    const biome = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome')
    const options = ['--reporter=json', '--vcs-enabled=false']
    const { stdout } = spawnSync(process.execPath, [biome, 'check', ...options, '.'], { cwd: folder, encoding: 'utf8' })
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] }
    return diagnostics.map(({ category, location }) => `${location.path}:${location.start.line} ${category}`).sort()
  }

  test('reports a promise nobody waits for, and `any`, and nothing else', () => {
    expect(found).toEqual(['any.ts:1 lint/suspicious/noExplicitAny', 'floating.ts:4 lint/nursery/noFloatingPromises'])
  })
})

// Biome follows types within a package, not from one package into another: there the compiler looks, over the whole tree.
describe('promises across packages', () => {
  test('are all waited for', () => {
    const { config } = ts.readConfigFile(join(repositoryRoot, 'tsconfig.json'), ts.sys.readFile)
    const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, repositoryRoot)

    expect(floatingPromises(ts.createProgram(fileNames, options), new Set(fileNames))).toEqual([])
  })

  test('are found when they are not', () => {
    const file = join(repositoryRoot, 'test/imagined.ts')
    const text =
      "import { rm } from 'node:fs/promises'\nrm('a')\nawait rm('b')\nvoid rm('c')\nrm('d').catch(() => {})\nexport const kept = rm('e')\n"
    const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: ['node'], strict: true }
    const host = ts.createCompilerHost(options)
    const { getSourceFile, fileExists } = host
    host.fileExists = name => name === file || fileExists(name)
    host.getSourceFile = (name, ...rest) =>
      name === file ? ts.createSourceFile(name, text, rest[0]) : getSourceFile(name, ...rest)

    expect(floatingPromises(ts.createProgram([file], options, host), new Set([file]))).toEqual(["test/imagined.ts:2: rm('a')"])
  })
})

/** Statements that are only a promise: not awaited, not `void`, without a handler for its failure. */
function floatingPromises(program: ts.Program, files: ReadonlySet<string>): string[] {
  const checker = program.getTypeChecker()
  const found: string[] = []

  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node) && !isHandled(node.expression) && isThenable(node.expression)) {
      const { fileName } = node.getSourceFile()
      const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart())
      found.push(`${relative(repositoryRoot, fileName)}:${line + 1}: ${node.getText().split('\n')[0]}`)
    }
    ts.forEachChild(node, visit)
  }

  const isThenable = (expression: ts.Expression): boolean =>
    checker.getTypeAtLocation(expression).getProperty('then') !== undefined

  for (const source of program.getSourceFiles()) if (files.has(source.fileName)) visit(source)
  return found
}

function isHandled(expression: ts.Expression): boolean {
  if (ts.isVoidExpression(expression) || isAssignment(expression)) return true
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return false
  const { name, expression: receiver } = expression.expression
  if (name.text === 'finally') return isHandled(receiver)
  return name.text === 'catch' || (name.text === 'then' && expression.arguments.length === 2)
}

const isAssignment = (expression: ts.Expression): boolean =>
  ts.isBinaryExpression(expression) &&
  expression.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  expression.operatorToken.kind <= ts.SyntaxKind.LastAssignment
