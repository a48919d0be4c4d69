#!/usr/bin/env node
// Writes the policies of the systems' Terraform: what `millrace iam` prints for a bucket and a secret that Terraform puts the real ones in
// place of. A test compares.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { repositoryRoot } from './workspaces.mjs'

const secret = ['--iam-secret', 'arn:aws:secretsmanager:eu-west-2:123456789012:secret:millrace-secret']
const database = 'sqlserver://server/plants'
const archive = 's3://millrace-bucket/plants'

/** Each file, and what the command is told for it. */
export const policies = {
  'systems/worldbank/terraform/csv.policy.json': ['worldbank', '--to', 's3://millrace-bucket/worldbank', '--format', 'csv'],
  'systems/worldbank/terraform/parquet.policy.json': [
    'worldbank',
    '--to',
    's3://millrace-bucket/worldbank',
    '--format',
    'parquet',
  ],
  'systems/plants/terraform/plants.policy.json': ['plants', '--to', database, ...secret],
  'systems/plants/terraform/plants-archive.policy.json': ['plants-archive', '--from', database, '--to', archive, ...secret],
  'systems/plants/terraform/plants-daily.policy.json': ['plants-daily', '--from', archive, '--to', archive],
}

/** What the command prints. */
export async function policyFor(args) {
  const command = join(repositoryRoot, 'adapters/cli/bin/millrace.js')
  return (await promisify(execFile)(process.execPath, [command, 'iam', ...args], { cwd: repositoryRoot })).stdout
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [file, args] of Object.entries(policies)) writeFileSync(join(repositoryRoot, file), await policyFor(args))
}
