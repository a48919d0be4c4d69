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
