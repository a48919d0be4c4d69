/** A key of the store as S3 gets it in `x-amz-copy-source`: percent-encoded UTF-8, slashes as they are. The SDK does not encode it. */
export function copySource(bucket: string, key: string): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
}

/**
 * A key as a listing with `encoding-type=url` has it. Blanks come as `+` from AWS and as `%20` from others; a real plus is `%2B` from all.
 */
export function listedKey(text: string, encoded: boolean): string {
  if (!encoded) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // Some servers say they encode and do not.
    return text
  }
}

/** Whether XML 1.0 can carry a key at all: most control characters cannot even be escaped, so such keys never go into a document. */
export function fitsXml(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(key)
}

/** An etag without quotes and without the mark of weak ones: the same from every call, whatever the server's habit. */
export function plainEtag(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"|"$/g, '')
}

/** What S3 takes, in bytes of UTF-8. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (read 2026-11) */
export const keyBytesAtMost = 1_024

/** A metadata value as a header may carry it. */
export function headerText(value: string): string {
  return value.replace(/[^\x20-\x7e]+|%/gu, found => encodeURIComponent(found))
}

/** What {@link headerText} was made of; a value that others wrote as it is. */
export function plainText(header: string): string {
  try {
    return decodeURIComponent(header)
  } catch {
    return header
  }
}
