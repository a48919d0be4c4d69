// A package registry on loopback, so that npm installs as it does anywhere, and nothing leaves this computer. It has the packages that were
// just packed, and those installed in this repository, which it packs when they are asked for.
import { spawn } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { readJson, repositoryRoot } from './workspaces.mjs'

/** What the lock says is installed here and is: `{ name, version, manifest, folder }` each. Optional packages of other systems are not. */
function installedHere() {
  return Object.entries(readJson(join(repositoryRoot, 'package-lock.json')).packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && !link)
    .map(([path]) => join(repositoryRoot, path))
    .filter(folder => existsSync(join(folder, 'package.json')))
    .map(folder => ({ folder, manifest: readJson(join(folder, 'package.json')) }))
}

/**
 * Starts it. `packed` are `{ manifest, tarball }`. Close it when done.
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function loopbackRegistry(packed) {
  const versions = new Map()
  // What was packed comes last: of two it is the newest.
  for (const entry of [...installedHere(), ...packed]) {
    const { name, version } = entry.manifest
    versions.set(name, { ...versions.get(name), [version]: entry })
  }
  const server = createServer((request, response) => {
    const [path] = request.url.split('?')
    const [, tarballOf, version] = /^\/-\/(.+)\/([^/]+)\.tgz$/.exec(path) ?? []
    const name = decodeURIComponent(tarballOf ?? path.slice(1))
    const found = versions.get(name)
    if (found === undefined) return answer(response, 404, { error: 'not found' })
    if (tarballOf !== undefined) return tarballTo(response, found[version])
    return answer(response, 200, packument(name, found, `http://${request.headers.host}`))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise(resolve => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

function packument(name, entries, url) {
  const versions = Object.entries(entries).map(([version, { manifest }]) => [
    version,
    { ...manifest, dist: { tarball: `${url}/-/${encodeURIComponent(name)}/${version}.tgz` } },
  ])
  return { name, 'dist-tags': { latest: versions.at(-1)[0] }, versions: Object.fromEntries(versions) }
}

function tarballTo(response, { tarball, folder }) {
  if (tarball !== undefined) return createReadStream(tarball).pipe(response)
  const packing = spawn(
    'tar',
    ['-c', '--exclude=node_modules', '-C', dirname(folder), folder.slice(dirname(folder).length + 1)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  packing.stdout.pipe(response)
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
