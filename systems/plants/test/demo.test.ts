import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { tdsServer } from '@millrace/etl-testkit/tds'
import mssql from 'mssql'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../demo/demo.mjs', import.meta.url))

/** What the demo prints. It checks what it shows, and ends with an error when something is not as it should be. */
const demo = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  (await promisify(execFile)(process.execPath, [script, ...args], { env: { ...process.env, ...env } })).stdout

it('npm run demo:plants: six minutes, one twice, an archive, a kill, and every reading in one place', async () => {
  const text = await demo()

  expect(text).toMatch(/reading +275 rows, as before/)
  expect(text).toContain('killed (SIGKILL)')
  expect(text).toContain('plants-retrieve --to out.csv: 183 readings')
  expect(text).toContain('275 readings loaded = 92 in the database + 183 in the archive, none twice.')
}, 120_000)

it('npm run demo:plants -- --to sqlserver://…: leaves a database alone that has tables of an earlier run', async () => {
  await using server = await ownServer()

  const running = demo(['--to', `${server.place}?encrypt=false`], server.login)

  await expect(running).rejects.toThrow('The database has plant, reading already.')
  const asked = server.log.filter(({ kind }) => kind !== 'login' && kind !== 'settings')
  expect(asked.filter(({ sql }) => !sql.startsWith('SELECT '))).toEqual([])
}, 120_000)

it.each([
  [['--to', 'duckdb:./x'], /^demo:plants: --to takes sqlserver:\/\/host:port\/database\./],
  [['--frm', 'x'], /^demo:plants: Unknown option '--frm'/],
  [
    ['--to', 'sqlserver://localhost:1/plants'],
    /^demo:plants: sqlserver:\/\/localhost:1\/plants: (Failed to connect|Set MILLRACE)/,
  ],
])('npm run demo:plants -- %j: one line says what is wrong', async (args, problem) => {
  const stderr = await demo(args).then(
    () => '',
    (error: { stderr: string }) => error.stderr,
  )

  expect(stderr).toMatch(problem)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

const address = process.env.MILLRACE_TEST_SQLSERVER

it.skipIf(!address)(
  'npm run demo:plants -- --to sqlserver://…: the same on a real server',
  async () => {
    const { place, login } = placeOf(address as string)
    await dropTables(place, login)

    const text = await demo(['--to', place], login)

    expect(text).toMatch(/\d+ readings loaded = \d+ in the database \+ \d+ in the archive, none twice\./)
    await dropTables(place, login)
  },
  300_000,
)

/** A server that speaks the protocol and knows one answer. */
async function ownServer() {
  const rows = [['plant'], ['reading']]
  const server = await tdsServer({
    handler: ({ sql }) => (sql.includes('FROM sys.objects') ? { rowset: { columns: ['name'], rows } } : undefined),
  })
  return {
    ...{ place: server.place, log: server.log },
    login: { MILLRACE_SQLSERVER_USER: server.user, MILLRACE_SQLSERVER_PASSWORD: server.password },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

function placeOf(text: string) {
  const url = new URL(text)
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = ''
  url.password = ''
  return { place: url.href, login: { MILLRACE_SQLSERVER_USER: user, MILLRACE_SQLSERVER_PASSWORD: password } }
}

type Login = ReturnType<typeof placeOf>['login']

/** Removes what a run of the demo leaves for people to look at. */
async function dropTables(place: string, login: Login) {
  const { hostname, port, pathname, searchParams } = new URL(place)
  const pool = new mssql.ConnectionPool({
    ...{ server: hostname, port: Number(port || 1433), database: decodeURIComponent(pathname.slice(1)) },
    ...{ user: login.MILLRACE_SQLSERVER_USER, password: login.MILLRACE_SQLSERVER_PASSWORD },
    options: {
      encrypt: searchParams.get('encrypt') !== 'false',
      trustServerCertificate: searchParams.get('trustServerCertificate') === 'true',
    },
  })
  await pool.connect()
  await pool.query('DROP VIEW IF EXISTS plant_readings')
  for (const table of ['reading', 'duty', 'plant', 'botanist', 'city', 'country'])
    await pool.query(`DROP TABLE IF EXISTS ${table}`)
  await pool.close()
}
