import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stateOptionNames } from '../src/options.js'

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

test.each([...stateOptionNames])('the README says what the option %s is', name => {
  expect(readme).toMatch(new RegExp(`^\\| [^|]*\`${name}\`[^|]*\\|`, 'm'))
})
