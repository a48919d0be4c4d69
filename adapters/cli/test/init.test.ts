import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readJson, repositoryRoot } from '../../../tools/workspaces.mjs'
import { command, jsonLines, tempFolder } from './support/command.js'

const files = [
  '.gitignore',
  'README.md',
  'in/orders.csv',
  'package.json',
  'src/orders.ts',
  'test/orders.test.ts',
  'tsconfig.json',
  'vitest.config.ts',
]

const textOf = (...path: string[]) => readFileSync(join(...path), 'utf8')
const jsonOf = (...path: string[]) => JSON.parse(textOf(...path)) as Record<string, unknown>
const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()

/** The command in a folder that holds these files. */
function inFolder(held: Readonly<Record<string, string>> = {}, cwd = tempFolder()) {
  for (const [name, text] of Object.entries(held)) {
    mkdirSync(join(cwd, name, '..'), { recursive: true })
    writeFileSync(join(cwd, name), text)
  }
  return { cwd, init: (...argv: string[]) => command(['init', ...argv], { cwd }) }
}

describe('millrace init', () => {
  test('makes a project here, and says what it wrote and what comes next', async () => {
    const { cwd, init } = inFolder()
    const { code, out, err } = await init()

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(filesBelow(cwd)).toEqual(files)
    for (const file of files) expect(out).toContain(`\n  ${file}\n`)
    expect(out).toContain('Next:\n  npm install\n  npm start\n  npm test\n')
    expect(textOf(cwd, '.gitignore')).toContain('node_modules/')
  })

  test('makes the folder it is given, with those above it', async () => {
    const { cwd, init } = inFolder()
    const { code, out } = await init('data/My Orders')

    expect(code).toBe(0)
    expect(out).toContain('Next:\n  cd "data/My Orders"\n')
    expect(filesBelow(join(cwd, 'data/My Orders'))).toEqual(files)
    expect(jsonOf(cwd, 'data/My Orders/package.json').name).toBe('my-orders')
  })

  test('as JSON', async () => {
    const { cwd, init } = inFolder()
    const { out } = await init('orders', '--json')

    expect(jsonLines(out)).toEqual([
      {
        folder: join(cwd, 'orders'),
        name: 'orders',
        written: files,
        kept: [],
        next: ['cd orders', 'npm install', 'npm start', 'npm test'],
      },
    ])
  })

  test('explains itself with examples', async () => {
    const { cwd, init } = inFolder()
    const { code, out } = await init('--help')

    expect(code).toBe(0)
    expect(out).toMatch(/--name <name>.*--force.*Examples:\n {2}millrace init orders\n/s)
    expect((await command(['--help'])).out).toContain('millrace init [folder]')
    expect(filesBelow(cwd)).toEqual([])
  })

  test('tells everything that is wrong with its arguments at once, and writes nothing', async () => {
    const { cwd, init } = inFolder()
    const { code, err } = await init('a', 'b', '--nmae', '--name', 'No Name')

    expect(code).toBe(2)
    expect(err).toMatch(/Did you mean --name\?.*takes one folder.*--name takes the name of a package.*\[ETL_FLAGS_INVALID\]/s)
    expect(filesBelow(cwd)).toEqual([])
  })
})

describe('the name of a new project', () => {
  const nameIn = async (...argv: string[]) => jsonLines((await inFolder().init('--json', ...argv)).out)[0]?.name

  test.each([
    ['orders', 'orders'],
    ['My Orders (2025)', 'my-orders-2025'],
    ['_Größe.', 'gro-e'],
    ['订单', 'millrace-project'],
    ['zod', 'zod-project'],
    ['node_modules', 'node_modules-project'],
  ])('of the folder %s is %s', async (folder, name) => {
    expect(await nameIn(folder)).toBe(name)
  })

  test('is the one that was given, in package.json and README.md', async () => {
    const { cwd, init } = inFolder()
    await init('--name', '@shop/orders')

    expect(jsonOf(cwd, 'package.json').name).toBe('@shop/orders')
    expect(textOf(cwd, 'README.md')).toMatch(/^# @shop\/orders\n/)
  })

  test.each(['Orders', '.orders', '@shop', 'a b', 'zod', 'x'.repeat(215)])('cannot be %s', async name => {
    const { code, err } = await inFolder().init('--name', name)

    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('--name takes') })
  })
})

describe('a folder that is not empty', () => {
  test('is refused, with the names of what is in the way', async () => {
    const { cwd, init } = inFolder({ 'package.json': '{}', 'notes.txt': '' })
    const { code, out, err } = await init()

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('it holds notes.txt, package.json. In the way: package.json. [ETL_INIT_IN_THE_WAY]')
    expect(err).toContain('--force')
    expect(filesBelow(cwd)).toEqual(['notes.txt', 'package.json'])
  })

  test('is one that a new repository or an editor made', async () => {
    const { init } = inFolder({ '.git/HEAD': 'ref: x', '.vscode/settings.json': '{}' })

    expect((await init()).code).toBe(0)
  })

  test('gets what is missing with --force, and keeps what is there', async () => {
    const { cwd, init } = inFolder({ 'README.md': 'mine', 'src/orders.ts': 'mine too', 'notes.txt': '' })
    const { code, out } = await init('--force')

    expect(code).toBe(0)
    expect(out).toContain('Left as they were:\n  README.md\n  src/orders.ts\n')
    expect([textOf(cwd, 'README.md'), textOf(cwd, 'src/orders.ts')]).toEqual(['mine', 'mine too'])
    expect(filesBelow(cwd)).toEqual([...files, 'notes.txt'].sort())
  })

  test('with a package.json is told how that one gets what the project needs', async () => {
    const manifest = {
      type: 'commonjs',
      scripts: { test: 'vitest run' },
      dependencies: { '@millrace/cli': '0.1.0', zod: '4.6.7' },
    }
    const { cwd, init } = inFolder({ 'package.json': JSON.stringify(manifest) })
    const [made] = jsonLines((await init('--force', '--json')).out)
    const { version } = readJson(join(repositoryRoot, 'adapters/cli/package.json'))

    expect(jsonOf(cwd, 'package.json')).toEqual(manifest)
    expect(made?.next).toEqual([
      'npm pkg set type=module "scripts.start=millrace run src/orders.ts" "scripts.types=tsc --noEmit"',
      `npm install ${['etl-core', 'formats', 'objects'].map(name => `"@millrace/${name}@^${version}"`).join(' ')}`,
      expect.stringMatching(/^npm install --save-dev "@millrace\/etl-testkit@.* "vitest@/),
      'npm start',
      'npm test',
    ])
  })

  test('where a file has the name of a needed folder, or the other way round, is refused though forced', async () => {
    const { cwd, init } = inFolder({ src: 'a file', 'README.md/x': '' })
    const { code, err } = await init('--force')

    expect(code).toBe(2)
    expect(err).toContain('src, README.md in ')
    expect(filesBelow(cwd)).toEqual(['README.md/x', 'src'])
  })

  test('where a link leads elsewhere keeps the link, and nothing is written through it', async () => {
    const { cwd, init } = inFolder()
    const target = join(tempFolder(), 'elsewhere')
    symlinkSync(target, join(cwd, 'README.md'))

    expect((await init('--force')).code).toBe(0)
    expect(existsSync(target)).toBe(false)
  })

  test.each(['notes.txt', 'notes.txt/orders'])('cannot be the file %s', async folder => {
    const { code, err } = await inFolder({ 'notes.txt': 'x' }).init(folder)

    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/notes\.txt is a file.*ETL_INIT_IN_THE_WAY/) })
  })
})

describe('what a new project depends on', () => {
  const template = readJson(join(repositoryRoot, 'adapters/cli/templates/project/package.json'))
  const root = readJson(join(repositoryRoot, 'package.json'))
  const own = readJson(join(repositoryRoot, 'adapters/cli/package.json'))

  test('is Millrace of the version of the command, and the rest as this repository has it', async () => {
    const { cwd, init } = inFolder()
    await init()
    const { dependencies, devDependencies, engines } = readJson(join(cwd, 'package.json'))
    const all = Object.entries({ ...dependencies, ...devDependencies } as Record<string, string>)

    expect(all.length).toBe(Object.keys({ ...template.dependencies, ...template.devDependencies }).length)
    for (const [name, range] of all) {
      expect([name, range]).toEqual([name, name.startsWith('@millrace/') ? `^${own.version}` : root.devDependencies?.[name]])
    }
    expect(engines).toEqual(root.engines)
  })

  test('is compiled by rules that are this repository’s too', () => {
    const optionsOf = (...path: string[]) => jsonOf(repositoryRoot, ...path).compilerOptions as Record<string, unknown>
    const { lib, ...options } = optionsOf('adapters/cli/templates/project/tsconfig.json')

    expect(optionsOf('tsconfig.json')).toMatchObject(options)
    expect(options.strict).toBe(true)
    expect(optionsOf('tsconfig.json').lib).toEqual(expect.arrayContaining(lib as string[]))
  })

  test('is packed with the command, under names that npm keeps', () => {
    expect(own.files).toContain('templates/project')
    expect(filesBelow(join(repositoryRoot, 'adapters/cli/templates')).filter(file => basename(file).startsWith('.'))).toEqual([])
  })
})
