const mebibyte = 1024 * 1024

/** S3 takes no more parts of an upload. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (read 2026-11) */
export const partsAtMost = 10_000
/** Every part but the last has at least so many bytes. */
export const partBytesAtLeast = 5 * mebibyte
/** Sizes stop growing here: a larger part would not fit into one buffer everywhere. 10,000 parts then still reach 5 TiB. */
const partBytesAtMost = 2 * 1024 * mebibyte
/** So many parts of one size, then twice that. */
const partsOfOneSize = 800

/**
 * The size of an upload's parts when its length is not known: `partBytes` for the first 800, then doubling every 800, so that memory
 * grows with what was sent already and 10,000 parts reach S3's largest object.
 *
 * @param number - From 1.
 */
export function partSize(number: number, partBytes: number): number {
  const doublings = Math.floor((number - 1) / partsOfOneSize)
  return Math.max(partBytes, Math.min(partBytesAtMost, partBytes * 2 ** doublings))
}
