// What the first ten minutes of a user are made of, from packed packages: `npx @millrace/cli init` in an empty folder, npm install, the
// scripts of the new project, and the replay that its README describes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loopbackRegistry } from './loopback-registry.mjs'
import { runProgram } from './parallel.mjs'

/** Runs it all, with `packed` as `{ manifest, tarball }` each. @returns {Promise<string[]>} What is wrong, with the output of the step that failed. */
export async function checkNewProject(packed) {
  const registry = await loopbackRegistry(packed)
  const place = mkdtempSync(join(tmpdir(), 'millrace-new-project-'))
  try {
    await steps(place, npmIn(place, registry.url))
    return []
  } catch (error) {
    return [error.message]
  } finally {
    await registry.close()
    rmSync(place, { recursive: true, force: true })
  }
}

/** npm with a cache and a configuration of its own: nothing that was installed before helps it. */
function npmIn(place, registry) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|.*_proxy$|NODE_ENV$|NODE_OPTIONS$|VITEST)/i.test(name),
  )
  const settings = { registry, cache: join(place, 'cache'), audit: 'false', fund: 'false', update_notifier: 'false' }
  for (const file of ['userconfig', 'globalconfig']) {
    settings[file] = join(place, file)
    writeFileSync(settings[file], '')
  }
  const env = {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value])),
  }
  return async (cwd, line) => {
    const [program, ...args] = line.split(' ')
    const { ok, stdout, output } = await runProgram(program, args, { cwd, env, timeout: 300_000 })
    if (!ok) throw new Error(`in a new project, \`${line}\` fails:\n${output.trim()}`)
    return stdout
  }
}

async function steps(place, npm) {
  const folder = join(place, 'My Orders')
  mkdirSync(folder)
  const made = await npm(folder, 'npx --yes @millrace/cli init')
  expect(/npm install\n.*npm start\n.*npm test\n/.test(made), 'init names the next steps', made)

  await npm(folder, 'npm install')
  const ran = await npm(folder, 'npm start')
  const { status, counts } = reportIn(ran)
  expect(status === 'succeeded' && counts.written === 4 && counts.rejected === 1, 'four orders are written, one is rejected', ran)
  const tested = await npm(folder, 'npm test')
  expect(/1 passed/.test(tested), 'its test passes', tested)
  await npm(folder, 'npm run types')

  const shown = await npm(folder, 'npx millrace rejects show src/orders.ts')
  expect(shown.includes('35,00'), 'the rejected order is shown', shown)
  const pipeline = join(folder, 'src/orders.ts')
  writeFileSync(pipeline, readFileSync(pipeline, 'utf8').replace('// .map', '.map'))
  await npm(folder, 'npx millrace rejects replay src/orders.ts')
  const orders = readFileSync(join(folder, 'out/orders.csv'), 'utf8')
  expect(orders.trimEnd().split('\n').length === 6, 'all five orders have arrived', orders)
  await npm(folder, 'npm run types')

  // Where the command is installed already, it is used as it is.
  const second = join(folder, 'second')
  mkdirSync(second)
  await npm(second, 'npx millrace init')
  expect(reportIn(await npm(second, 'npx millrace run src/orders.ts')).counts.written === 4, 'a second project runs', '')
}

const reportIn = output => JSON.parse(output.trimEnd().split('\n').at(-1)).report

function expect(ok, what, output) {
  if (!ok) throw new Error(`in a new project, not as it should be: ${what}\n${output.trim()}`)
}
