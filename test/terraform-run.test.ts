import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { terraformFolders } from '../tools/terraform-readmes.mjs'
import { repositoryRoot } from '../tools/workspaces.mjs'
import { hasTerraform, type TerraformCopy, terraformCopy } from './support/terraform.js'

const systems = terraformFolders().filter(folder => folder.startsWith('systems/'))

describe('Terraform, where there is one', () => {
  const format = (folder: string) =>
    spawnSync('terraform', ['fmt', '-check', '-recursive', folder], { cwd: repositoryRoot, encoding: 'utf8' })

  test.for(['infra', ...systems])('finds %s in its own format', (folder, { skip }) => {
    if (!hasTerraform) skip('there is no terraform')

    expect(format(folder)).toMatchObject({ status: 0, stdout: '' })
  })

  test('names a file that is not', ({ skip }) => {
    if (!hasTerraform) skip('there is no terraform')
    const folder = mkdtempSync(join(tmpdir(), 'millrace-terraform-'))
    writeFileSync(join(folder, 'main.tf'), 'locals {\na=1\n}\n')

    expect(format(folder)).toMatchObject({ status: 3, stdout: expect.stringContaining('main.tf') })
    rmSync(folder, { recursive: true })
  })
})

// The provider comes from a mirror or a cache that Terraform's own variables name (CONTRIBUTING.md), or from the registry.
describe('Terraform, where the provider can be had', () => {
  let copy: TerraformCopy | undefined
  let lacking: string | undefined = 'there is no terraform'
  beforeAll(async () => {
    if (!hasTerraform) return
    copy = await terraformCopy(['infra/terraform', ...systems])
    lacking = copy.lacking
  }, 120_000)
  afterAll(() => copy?.close())

  test.for(systems)('validates %s', { timeout: 120_000 }, (folder, { skip }) => {
    if (lacking !== undefined) skip(lacking)
    const init = copy?.terraform(folder, 'init', '-backend=false', '-no-color')
    const { code, said } = copy?.terraform(folder, 'validate', '-no-color') ?? {}

    expect(init).toMatchObject({ code: 0 })
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('The configuration is valid') })
  })

  test('finds what the modules promise, against a provider that is played', { timeout: 240_000 }, ({ skip }) => {
    if (lacking !== undefined) skip(lacking)
    const { code, said } = copy?.terraform('infra/terraform', 'test', '-no-color') ?? {}

    expect(said).toMatch(/^Success! (?:[3-9]\d|\d{3,}) passed, 0 failed\.$/m)
    expect(code).toBe(0)
  })
})
