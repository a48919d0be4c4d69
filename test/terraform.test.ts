import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { archive, daily, plants } from '@millrace/system-plants'
import { worldbank } from '@millrace/system-worldbank'
import { beforeAll, describe, expect, test } from 'vitest'
import { duties, type Role } from '../adapters/cli/src/iam/duties.js'
import { policies, policyFor } from '../tools/terraform-policies.mjs'
import { readmeOf, terraformFolders, withTables } from '../tools/terraform-readmes.mjs'
import { repositoryRoot } from '../tools/workspaces.mjs'
import { actionsIn, filesIn, misfitsOf, moduleOf, type TerraformModule } from './support/hcl.js'

const folders = terraformFolders()
const modules = new Map<string, TerraformModule>()
const textOf = (file: string) => readFileSync(join(repositoryRoot, file), 'utf8')

// The parser is Go in WebAssembly: loading it takes a second, a file some milliseconds.
beforeAll(async () => {
  for (const folder of folders) modules.set(folder, await moduleOf(filesIn(join(repositoryRoot, folder))))
})

const calledFrom = (folder: string) => (source: string) => {
  const called = modules.get(join(folder, source))
  if (!called) throw new Error(`${folder} calls ${source}, which is no module`)
  return called
}

describe('the Terraform modules', () => {
  test('are those that the README names', () => {
    const named = [...textOf('infra/terraform/README.md').matchAll(/^\| \[([\w-]+)\]\(modules\/\1\)/gm)].map(match => match[1])

    expect(named.length).toBeGreaterThan(8)
    expect(named.map(name => `infra/terraform/modules/${name}`).sort()).toEqual(
      folders.filter(folder => folder.startsWith('infra')),
    )
  })

  test.each(folders)('%s parses, and declares what it uses and uses what it declares, in its calls too', folder => {
    expect(misfitsOf(modules.get(folder) as TerraformModule, calledFrom(folder))).toEqual([])
  })

  test.each(folders)('%s takes Terraform from 1.6 on and version 5 of the provider', folder => {
    expect(modules.get(folder)?.versions).toEqual({ terraform: '>= 1.6', aws: '>= 5.100, < 7.0' })
  })

  test.each(folders)(
    '%s has the tables of its inputs and outputs in its README (else: node tools/terraform-readmes.mjs)',
    async folder => {
      const { found, wanted } = await readmeOf(folder)

      expect(found).toBe(wanted)
      expect(found).toContain('| input | what it is |')
      expect(found).toContain('| output | what it is |')
    },
  )

  test.each([
    ['systems/worldbank/terraform', 'schedule', worldbank],
    ['systems/plants/terraform', 'minute_schedule', plants],
    ['systems/plants/terraform', 'hour_schedule', archive],
    ['systems/plants/terraform', 'day_schedule', daily],
  ])('%s starts its pipeline by %s with parameters that it has', (folder, name, pipeline) => {
    const text = textOf(`${folder}/main.tf`)
    const [, given = ''] = new RegExp(`module "${name}" {.*?params += (?:local\\.params|{(.*?)})\\n`, 's').exec(text) ?? []
    const [, shared = ''] = /params += merge\((.*)\)\n/.exec(text) ?? []
    const keys = [...(given || shared).matchAll(/(\w+) =/g)].map(match => match[1] as string)

    expect(keys.length).toBeGreaterThan(1)
    expect(keys.filter(key => !(key in (pipeline.params as unknown as { shape: object }).shape))).toEqual([])
  })

  test('are called by the guide as they want to be', async () => {
    const folder = 'docs/snippets/deploy-on-aws'

    expect(misfitsOf(await moduleOf(filesIn(join(repositoryRoot, folder))), calledFrom(folder))).toEqual([])
  })

  test('make functions on Node.js 24', () => {
    const { variables } = modules.get('infra/terraform/modules/pipeline-function') as TerraformModule

    expect(variables.get('runtime')?.default).toBe('nodejs24.x')
  })
})

describe('permissions', () => {
  const rolesOf: Readonly<Record<string, readonly Role[]>> = {
    'infra/terraform/modules/pipeline-function': ['function'],
    'infra/terraform/modules/queue': ['function'],
    'infra/terraform/modules/s3-trigger': ['schedule'],
    'infra/terraform/modules/schedule': ['schedule'],
    'infra/terraform/modules/delivery': ['pipeline', 'build', 'deploy', 'shift'],
  }
  const emitted = (roles: readonly Role[]) =>
    new Set(duties.filter(duty => duty.roles.some(role => roles.includes(role))).flatMap(({ actions }) => actions))

  test.each(folders)('%s lets roles do only what `millrace iam` prints for such roles', folder => {
    const actions = [...filesIn(join(repositoryRoot, folder)).values()].flatMap(actionsIn)
    const known = emitted(rolesOf[folder] ?? [])

    expect(actions.filter(action => !known.has(action))).toEqual([])
    expect(actions.length > 0).toBe(folder in rolesOf)
  })

  test.for(Object.entries(policies))(
    '%s is what `millrace iam` prints (else: node tools/terraform-policies.mjs)',
    async ([file, args]) => {
      expect(textOf(file)).toBe(await policyFor(args))
    },
  )

  test.each(['systems/worldbank/terraform', 'systems/plants/terraform'])('%s reads policies that are there', folder => {
    const own = Object.keys(policies).filter(file => file.startsWith(folder))
    const found = readdirSync(join(repositoryRoot, folder)).filter(name => name.endsWith('.policy.json'))

    expect(found.map(name => `${folder}/${name}`).sort()).toEqual([...own].sort())
  })
})

describe('the checks of Terraform files', () => {
  const files = (text: string) => new Map([['main.tf', text]])
  const misfits = async (text: string, called = '') => {
    const module = await moduleOf(files(called))
    return misfitsOf(await moduleOf(files(text)), () => module)
  }
  const variable = (name: string, more = '') => `variable "${name}" {\n description = "x"\n type = string\n ${more}\n}\n`

  test('find text that is no HCL', async () => {
    await expect(moduleOf(files('resource "aws_x" {{'))).rejects.toThrow('main.tf:1')
  })

  test('find names that nobody declares', async () => {
    const text = `
      resource "aws_a" "b" {
        x = "\${var.no}-\${local.none}"
        y = [for item in data.aws_c.d.items : aws_e.f[item].arn]
      }`

    expect(await misfits(text)).toEqual(
      ['aws_e.f', 'data.aws_c.d', 'local.none', 'var.no'].map(name => `${name} is not declared`),
    )
  })

  test('find what nobody uses, a validation of its own being no use', async () => {
    const own = 'validation {\n condition = var.a != ""\n error_message = "x"\n }'

    expect(await misfits(`${variable('a', own)}locals {\n b = 1\n}\ndata "aws_c" "d" {}`)).toEqual([
      'data.aws_c.d is not used',
      'local.b is not used',
      'var.a is not used',
    ])
  })

  test('find calls that lack an argument, have one too many, or ask for an output that is not there', async () => {
    const text = 'module "m" {\n source = "x"\n extra = 1\n}\noutput "o" {\n description = "x"\n value = module.m[0].nothing\n}'

    expect(await misfits(text, `${variable('needed')}${variable('other', 'default = null')}`)).toEqual([
      'module.m has no output nothing',
      'module.m is given extra, which it does not take',
      'module.m is not given needed',
    ])
  })

  test('find what is not described, and validations that Terraform 1.6 would refuse', async () => {
    const text = `variable "a" {\n}\n${variable('b', 'validation {\n condition = var.b != var.a\n error_message = "x"\n }')}output "c" {\n value = "\${var.a}\${var.b}"\n}`

    expect(await misfits(text)).toEqual([
      'output c has no description',
      'the validation of var.b reads var.a',
      'var.a has no description or type',
    ])
  })

  test('find what a role may do, and leave out who may come in', () => {
    const text = `
      policy = jsonencode({ Statement = [
        { Effect = "Allow", Action = ["s3:GetObject", "kms:GenerateDataKey*"], Resource = "\${var.arn}/*" },
        { Effect = "Deny", Principal = "*", Action = "s3:*", Condition = { Bool = { "aws:SecureTransport" = "false" } } },
      ] })
      # "sqs:SendMessage" was once allowed
      events = ["s3:ObjectCreated:*"]`

    expect(actionsIn(text)).toEqual(['kms:GenerateDataKey*', 's3:GetObject'])
  })

  test('find a table that is stale', async () => {
    const readme = '<!-- inputs -->\nold\n<!-- /inputs -->\n<!-- outputs -->\n<!-- /outputs -->'
    const wanted = await withTables(readme, variable('a', 'default = "b|c"'), 'output "o" {\n description = "d"\n value = 1\n}')

    expect(wanted).toContain('| `a` | x | `string` | `"b\\|c"` |')
    expect(wanted).toContain('| `o` | d |')
    expect(wanted).not.toContain('old')
  })
})
