import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { freshFolder, published } from './world.js'

describe('npm run quickstart', () => {
  it('writes CSV and Parquet, is killed and resumed, and shows a preview; offline', () => {
    const { folder } = freshFolder()
    const script = fileURLToPath(new URL('../quickstart/quickstart.mjs', import.meta.url))

    const text = execFileSync(process.execPath, [script, folder], { encoding: 'utf8' })

    expect(text).toContain('identical to those of the undisturbed run')
    expect(text).toMatch(/World +2023 +\d{10}/)
    expect(text).toContain('npx millrace run worldbank')
    expect(Object.keys(published(folder)).filter(name => !name.includes('_millrace'))).toHaveLength(12)
  }, 60_000)
})
