import { expect, test } from 'vitest'
import { canonicalRequest } from '../src/s3/auth/canonical.js'
import { incomingOf } from '../src/s3/auth/incoming.js'
import {
  type ChunkSigner,
  chunkSignature,
  requestSignature,
  scopeText,
  sha256Hex,
  signingKey,
  trailerSignature,
} from '../src/s3/auth/signature.js'
import { checksumOf, compositeChecksum } from '../src/s3/body/checksums.js'

// The worked examples of the S3 API reference: these numbers were not computed by us.
const scope = { day: '20130524', region: 'us-east-1', service: 's3' }
const key = signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope)
const dateTime = '20130524T000000Z'

function signatureOf(method: string, target: string, headers: Record<string, string>, payload: string) {
  const request = incomingOf(method, target, Object.entries(headers).flat())
  const names = Object.keys(headers).sort()
  return requestSignature(key, dateTime, scopeText(scope), canonicalRequest(request, names, payload))
}

test('signs the documented GET of an object', () => {
  const payload = sha256Hex('')
  const headers = {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': payload,
    'x-amz-date': dateTime,
  }

  expect(signatureOf('GET', '/test.txt', headers, payload)).toBe(
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  )
})

test('signs the documented PUT, whose key has a dollar sign', () => {
  const payload = sha256Hex('Welcome to Amazon S3.')
  const headers = {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': payload,
    'x-amz-date': dateTime,
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  }

  expect(signatureOf('PUT', '/test%24file.text', headers, payload)).toBe(
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  )
})

test('signs the documented listing and bucket requests', () => {
  const payload = sha256Hex('')
  const headers = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-content-sha256': payload, 'x-amz-date': dateTime }

  expect(signatureOf('GET', '/?lifecycle', headers, payload)).toBe(
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  )
  expect(signatureOf('GET', '/?max-keys=2&prefix=J', headers, payload)).toBe(
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  )
})

test('signs the documented presigned address', () => {
  const query = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    'X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request',
    'X-Amz-Date=20130524T000000Z',
    'X-Amz-Expires=86400',
    'X-Amz-SignedHeaders=host',
    'X-Amz-Signature=whatever-came',
  ]

  expect(signatureOf('GET', `/test.txt?${query.join('&')}`, { host: 'examplebucket.s3.amazonaws.com' }, 'UNSIGNED-PAYLOAD')).toBe(
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  )
})

test('chains the documented signatures of chunks', () => {
  const seed = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
  const signer: ChunkSigner = { key, dateTime, scope: scopeText(scope), seed }

  const first = chunkSignature(signer, seed, Buffer.alloc(65_536, 'a'))
  const second = chunkSignature(signer, first, Buffer.alloc(1024, 'a'))
  const last = chunkSignature(signer, second, Buffer.alloc(0))

  expect([first, second, last]).toEqual([
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ])
})

test('signs the documented trailer, whose CRC-32C is that of the body', () => {
  const seed = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'
  const signer: ChunkSigner = { key, dateTime, scope: scopeText(scope), seed }
  const chunks = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'a'), Buffer.alloc(0)]

  const last = chunks.reduce((previous, chunk) => chunkSignature(signer, previous, chunk), seed)

  expect(checksumOf('crc32c', Buffer.concat(chunks))).toBe('sOO8/Q==')
  expect(trailerSignature(signer, last, 'x-amz-checksum-crc32c:sOO8/Q==\n')).toBe(
    'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
  )
})

test.each([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
  ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
] as const)('%s has the check value of its definition', (algorithm, check) => {
  expect(Buffer.from(checksumOf(algorithm, Buffer.from('123456789')), 'base64').toString('hex')).toBe(check)
})

test('a composite checksum is one over the checksums of the parts, with their number', () => {
  const parts = ['abc', 'def'].map(part => checksumOf('crc32', Buffer.from(part)))

  // Computed with Python's zlib.
  expect(compositeChecksum('crc32', parts)).toBe('ZYzvyg==-2')
})
