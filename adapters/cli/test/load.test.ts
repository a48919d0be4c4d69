import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { command, fileWith, numbers, spawned, tempFolder } from './support/command.js'

const explain = (file: string, cwd?: string) => command(['explain', file], cwd ? { cwd } : {})

/** A project with these files; returns its folder. */
function project(files: Record<string, string>): string {
  const folder = tempFolder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

describe('a file that cannot be used', () => {
  test('that is missing is named, with the neighbour that could be meant', async () => {
    const folder = project({ 'orders.ts': '' })
    const { code, err } = await explain('ordres.ts', folder)

    expect(code).toBe(2)
    expect(err).toBe('millrace: There is no file ordres.ts. Did you mean "orders.ts"? [ETL_PIPELINE_NOT_FOUND]\n')
  })

  test('that is a directory, or another kind of file, is refused', async () => {
    const folder = project({ 'data/orders.json': '{}' })

    expect((await explain('./data', folder)).err).toContain('./data is a directory')
    expect((await explain('./data/orders.json', folder)).err).toContain('neither TypeScript nor JavaScript')
  })

  test('that does not compile is shown with line, column and the line itself', async () => {
    const folder = project({
      'orders.ts': "import { part } from './part.js'\nexport default part\n",
      'part.ts': 'export const part: = 1\n',
    })
    const { code, err } = await explain('orders.ts', folder)

    expect(code).toBe(2)
    expect(err).toContain('orders.ts does not compile. [ETL_PIPELINE_COMPILE]')
    expect(err).toContain('part.ts:1:20: Unexpected "="\n  1 | export const part: = 1\n')
  })

  test('that imports a package which is not installed names package and line', async () => {
    const folder = project({ 'orders.ts': "import { x } from 'not-installed-anywhere'\nexport default x\n" })

    expect((await explain('orders.ts', folder)).err).toContain('orders.ts:1:19: Could not resolve "not-installed-anywhere"')
  })

  test('in JavaScript that does not parse is shown the same way', async () => {
    const folder = project({ 'orders.mjs': 'const a = 1\nexport default (\n' })

    const { err } = await spawned(['explain', 'orders.mjs'], { cwd: folder }).ended

    expect(err).toMatch(/orders\.mjs does not compile\..*\n {2}orders\.mjs:3:1/)
  })

  test('that throws while it is imported tells the line of the TypeScript source', async () => {
    const text = 'interface Shape {\n  a: number\n}\n\nconst broken: Shape = { a: 1 }\nthrow new TypeError("no " + broken.a)\n'
    const folder = project({ 'part.ts': text, 'orders.ts': "import './part.js'\n" })
    const { code, err } = await spawned(['explain', 'orders.ts'], { cwd: folder }).ended

    expect(code).toBe(2)
    expect(err).toContain('orders.ts failed while it was imported. part.ts:6:7: TypeError: no 1 [ETL_PIPELINE_IMPORT]')
    expect(err.split('\n')).toHaveLength(2)
  })

  test('with a wrong pipeline in it tells what definePipeline said, and where', async () => {
    const folder = project({
      'orders.ts':
        "import { definePipeline } from '@millrace/etl-core'\n\nexport default definePipeline({ name: 'no good', build: () => ({}) as never })\n",
    })
    symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
    const { code, err } = await spawned(['explain', 'orders.ts'], { cwd: folder }).ended

    expect(code).toBe(2)
    expect(err).toMatch(/orders\.ts:3:16: Pipeline "no good".*\[ETL_CONFIG_INVALID\]/)
  })

  test.each([
    ['export const pipeline = 1', 'it has no default export'],
    ['export default {}', 'its default export is an empty object'],
    ["export default { name: 'x', run() {} }", 'its default export is an object with name, run'],
    ['export default () => 1', 'its default export is a function'],
  ])('%s: says what it found and what is needed', async (text, found) => {
    const { code, err } = await explain(fileWith('orders.ts', `${text}\n`))

    expect(code).toBe(2)
    expect(err).toContain(`orders.ts is no pipeline: ${found}. Needed: export default definePipeline(`)
  })
})

describe('a TypeScript file', () => {
  test('is loaded with the files it imports, and nothing stays behind', async () => {
    // A folder of its own: other tests load files at the same time.
    const own = project({})
    vi.stubEnv('TMPDIR', own)
    const { code, out } = await explain(numbers)
    vi.unstubAllEnvs()

    expect(code).toBe(0)
    expect(out).toContain('counting')
    // `millrace-cli-` are the folders of the tests themselves.
    expect(readdirSync(own).filter(name => !name.startsWith('millrace-cli-'))).toEqual([])
  })

  test('may use path aliases of its tsconfig', async () => {
    const folder = project({
      'tsconfig.json': '{"compilerOptions":{"paths":{"@parts/*":["./parts/*"]}}}',
      'parts/what.ts': "export const what: string = 'an alias'\n",
      'orders.ts': "import { what } from '@parts/what'\nexport default { [what]: 1 }\n",
    })

    expect((await explain('orders.ts', folder)).err).toContain('an object with an alias')
  })

  test('finds its neighbours through import.meta.url', async () => {
    const folder = project({
      'query.sql': 'select 1',
      'orders.ts':
        "import { readFileSync } from 'node:fs'\nexport default { [readFileSync(new URL('./query.sql', import.meta.url), 'utf8')]: 1 }\n",
    })

    expect((await explain('orders.ts', folder)).err).toContain('an object with select 1')
  })

  test("uses the project's own copy of a package, ESM or CommonJS", async () => {
    const folder = project({
      'node_modules/esm-one/package.json':
        '{"name":"esm-one","type":"module","exports":{"module":"./bundlers-only.js","import":"./index.js"}}',
      'node_modules/esm-one/index.js': 'export const where = import.meta.url\n',
      'node_modules/esm-one/bundlers-only.js': 'export const where = "wrong"\n',
      'node_modules/cjs-one/package.json': '{"name":"cjs-one","main":"./main.js"}',
      'node_modules/cjs-one/main.js': 'exports.file = __filename\n',
      'orders.ts': "import { where } from 'esm-one'\nimport { file } from 'cjs-one'\nexport default { [where]: 1, [file]: 2 }\n",
    })
    const { err } = await explain('orders.ts', folder)

    expect(err).toContain(join('node_modules', 'esm-one', 'index.js'))
    expect(err).toContain(join('node_modules', 'cjs-one', 'main.js'))
  })
})
