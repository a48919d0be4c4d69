import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Service {
  readonly image: string
  readonly environment: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly command?: readonly string[]
}

const text = readFileSync(new URL('../compose.yaml', import.meta.url), 'utf8')
const { services } = parse(text) as { readonly services: Readonly<Record<'sqlserver' | 'database', Service>> }
const { sqlserver, database } = services

// There is no container runtime where the tests run: what can be seen is the file.
describe('compose.yaml', () => {
  it("runs Microsoft's SQL Server 2022, and says that its terms are accepted", () => {
    for (const { image } of Object.values(services)) expect(image).toBe('mcr.microsoft.com/mssql/server:2022-latest')
    expect(sqlserver.environment.ACCEPT_EULA).toBe('Y')
  })

  it('is reached from this computer only', () => {
    expect(sqlserver.ports).toEqual(['127.0.0.1:1433:1433'])
    expect(database.ports).toBeUndefined()
    expect(text).not.toContain('network_mode')
  })

  it('holds no password: it comes from the environment, and is on no command line', () => {
    const passwords = Object.values(services).flatMap(({ environment }) =>
      Object.entries(environment).filter(([name]) => name.includes('PASSWORD')),
    )

    expect(passwords.map(([name]) => name)).toEqual(['MSSQL_SA_PASSWORD', 'SQLCMDPASSWORD', 'SQLCMDPASSWORD'])
    for (const [, value] of passwords) expect(value).toMatch(/^\$\{MILLRACE_SQLSERVER_PASSWORD:\?[^}]*\}$/)
    expect([...(sqlserver.healthcheck?.test ?? []), ...(database.command ?? [])]).not.toContain('-P')
  })

  it('creates the database once the server answers', () => {
    expect(sqlserver.healthcheck?.test).toContain('SELECT 1')
    expect(database.depends_on).toEqual({ sqlserver: { condition: 'service_healthy' } })
    expect(database.command?.at(-1)).toBe("IF DB_ID(N'plants') IS NULL CREATE DATABASE plants")
  })
})
