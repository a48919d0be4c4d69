#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const build = new URL('../dist/index.js', import.meta.url)

if (!existsSync(fileURLToPath(build))) {
  process.stderr.write('millrace: the command is not built yet. Run `npm ci` (or `npm run prepare`) in the project folder.\n')
  process.exit(2)
}

const { main } = await import(build.href)
process.exitCode = await main(process.argv.slice(2))
// What a pipeline forgot to close (a pool, a socket) must not keep a finished command; its last output gets the time to be written.
setTimeout(() => process.exit(), 2000).unref()
