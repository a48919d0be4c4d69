import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../../tools/workspaces.mjs'

/** How a command of Terraform ended, and all it said. */
export interface Ended {
  readonly code: number | null
  readonly said: string
}

/** A copy of the repository's Terraform files, where Terraform may write what it writes beside them. */
export interface TerraformCopy {
  /** Runs Terraform in a folder of the copy. */
  terraform(folder: string, ...args: readonly string[]): Ended
  /** Why nothing that needs the provider can run; undefined where it can. */
  readonly lacking: string | undefined
  close(): void
}

/** Long enough to copy a provider from a mirror or a cache. It is not waited for one that is downloaded: it has hundreds of megabytes. */
const initMs = 60_000

/** Whether there is a Terraform, as shells find it. */
export const hasTerraform = spawnSync('terraform', ['version'], { stdio: 'ignore' }).status === 0

/**
 * Copies the files, runs `terraform init` once, and starts the provider once for all commands that follow: Terraform would start it some four
 * times for each test, a second each.
 */
export async function terraformCopy(folders: readonly string[]): Promise<TerraformCopy> {
  const root = mkdtempSync(join(tmpdir(), 'millrace-terraform-'))
  for (const folder of folders) {
    mkdirSync(dirname(join(root, folder)), { recursive: true })
    cpSync(join(repositoryRoot, folder), join(root, folder), { recursive: true, filter: path => !path.includes('.terraform') })
  }
  const env: NodeJS.ProcessEnv = { ...process.env, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', TF_INPUT: '0' }
  const terraform = (folder: string, ...args: readonly string[]): Ended => {
    const options = { cwd: join(root, folder), env, encoding: 'utf8', timeout: initMs * 3 } as const
    const { status, stdout, stderr } = spawnSync('terraform', args, options)
    return { code: status, said: `${stdout}${stderr}` }
  }
  const init = spawnSync('terraform', ['init', '-backend=false', '-no-color'], {
    cwd: join(root, folders[0] as string),
    // Where there is no registry, that is known at once.
    env: { ...env, TF_REGISTRY_DISCOVERY_RETRY: '0', TF_REGISTRY_CLIENT_TIMEOUT: '5' },
    encoding: 'utf8',
    timeout: initMs,
  })
  const lacking =
    init.status === 0
      ? undefined
      : init.error
        ? `terraform init was not done after ${initMs} ms`
        : reasonOf(`${init.stdout}${init.stderr}`)
  const provider = lacking === undefined ? await startProvider(join(root, folders[0] as string)) : undefined
  if (provider) env.TF_REATTACH_PROVIDERS = provider.attach
  return {
    terraform,
    lacking,
    close: () => {
      provider?.process.kill()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** The error in a few words: Terraform draws boxes around it. */
const reasonOf = (said: string): string => {
  const words = said.slice(Math.max(said.indexOf('Error'), 0)).replaceAll(/[│╷╵\s]+/g, ' ')
  return `terraform init failed: ${words.trim().slice(0, 300)}`
}

/** Starts the provider by itself, as its `-debug` allows. @returns Undefined where it has no such way: Terraform then starts it. */
async function startProvider(folder: string): Promise<{ process: ChildProcess; attach: string } | undefined> {
  const installed = join(folder, '.terraform/providers')
  if (!existsSync(installed)) return undefined
  const path = providerIn(installed)
  if (path === undefined) return undefined
  const child = spawn(path, ['-debug'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const attach = await new Promise<string | undefined>(resolve => {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk
      const [, found] = /TF_REATTACH_PROVIDERS='([^']+)'/.exec(said) ?? []
      if (found) resolve(found)
    })
    child.once('error', () => resolve(undefined))
    child.once('exit', () => resolve(undefined))
    setTimeout(() => resolve(undefined), 30_000).unref()
  })
  if (attach !== undefined) return { process: child, attach }
  child.kill()
  return undefined
}

/** The provider's program. A mirror is linked to, so links are followed. */
function providerIn(folder: string): string | undefined {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const found = !statSync(path).isDirectory()
      ? name.startsWith('terraform-provider-aws')
        ? path
        : undefined
      : providerIn(path)
    if (found !== undefined) return found
  }
  return undefined
}
