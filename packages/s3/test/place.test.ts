import { isEtlError, parsePlace } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { s3, s3With } from '../src/index.js'
import { bucketPlace, bucketProblem } from '../src/place.js'

const partsOf = (text: string) => bucketPlace(parsePlace(text))
const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return isEtlError(error) ? `${error.code}: ${error.message}` : String(error)
  }
  return 'none'
}

describe('a place on S3', () => {
  test.each([
    ['s3://lake', 'lake', ''],
    ['s3://lake/', 'lake', ''],
    ['S3://lake/raw/2025', 'lake', 'raw/2025'],
    ['s3://my.lake-1/raw/', 'my.lake-1', 'raw'],
    ['s3://lake/with blank/100%/ñ+', 'lake', 'with blank/100%/ñ+'],
  ])('%s is a bucket and a prefix', (place, bucket, prefix) => {
    expect(partsOf(place)).toEqual({ bucket, prefix })
  })

  test.each([
    's3:lake',
    's3:/lake',
    's3:///raw',
    's3://La',
    's3://Lake/raw',
    's3://la_ke',
    's3://-lake',
    's3://la..ke',
    's3://10.0.0.1/raw',
    's3://lake:9000/raw',
    's3://lake//raw',
    's3://lake/raw//x',
    's3://lake/../x',
    's3://lake/raw?versionId=1',
    's3://lake/raw#x',
    's3://lake--use1-az4--x-s3/raw',
  ])('%s is refused', place => {
    expect(codeOf(() => partsOf(place))).toMatch(/^ETL_PLACE_INVALID/)
  })

  test.each(['s3://key:secret@lake/raw', 's3://key@lake/raw'])('%s is refused without showing who', place => {
    const refusal = codeOf(() => partsOf(place))

    expect(refusal).toMatch(/^ETL_PLACE_SECRET/)
    expect(refusal).not.toMatch(/key|secret@/)
  })

  test('is opened by the connector without a request, and called by its name', () => {
    const place = s3.open(parsePlace('s3://lake/raw/'))

    expect([s3.scheme, s3.kind, place.home.place]).toEqual(['s3', 'objects', 's3://lake/raw/'])
  })

  test('refuses options that are wrong as the connector is made', () => {
    const options = { endpoint: 'http://user:hunter2@host', partBytes: 1, kmsKeyId: 'x', extra: 1 }
    const refusal = codeOf(() => s3With(options))

    expect(refusal).toMatch(/^ETL_CONFIG_INVALID.*unknown: extra.*partBytes.*user or password.*kmsKeyId/s)
    expect(refusal).not.toContain('hunter2')
  })
})

test('an ARN is answered with what to write instead', () => {
  expect(bucketProblem('arn:aws:s3:eu-west-1:123456789012:accesspoint/x')).toMatch(/alias/)
})
