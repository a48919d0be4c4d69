import { partBytesAtLeast, partsAtMost } from './part-sizes.js'

/** A piece whose length is known. */
export type SizedPiece = { readonly bytes: Uint8Array } | { readonly key: string; readonly etag: string; readonly size: number }

/** Bytes at hand, or from `start` up to, not including, `end` of an object. */
export type Stretch =
  | { readonly bytes: Uint8Array }
  | { readonly key: string; readonly etag: string; readonly start: number; readonly end: number; readonly size: number }

/** One part of an upload: copied inside S3, or read and sent again. */
export type PlannedPart =
  | { readonly copy: Exclude<Stretch, { bytes: Uint8Array }> }
  | { readonly gather: readonly Stretch[]; readonly size: number }

/** S3 copies up to 5 GiB at once; a GiB is done long before a time-out. */
const copyBytesAtMost = 1024 ** 3

export const sizeOf = (piece: SizedPiece): number => ('bytes' in piece ? piece.bytes.length : piece.size)

/**
 * How an object is made of pieces: what has 5 MiB and more is copied by S3 itself; what is smaller is gathered with its neighbours. A
 * gathered part that is still too small before a large piece takes what it lacks from that piece's beginning, or all of it.
 *
 * Needs more than 10,000 parts only for pieces of more than 5 TiB together; with many small ones the parts become larger.
 *
 * @param partBytes - The size gathered parts grow to, bytes; what is left over may add 5 MiB.
 */
export function planAssembly(pieces: readonly SizedPiece[], partBytes: number): readonly PlannedPart[] {
  for (let least = partBytesAtLeast, gather = partBytes; ; least *= 2, gather = Math.max(gather, least)) {
    const parts = partsOf(pieces, least, gather)
    if (parts.length <= partsAtMost) return parts
  }
}

function partsOf(pieces: readonly SizedPiece[], least: number, gatherBytes: number): PlannedPart[] {
  const parts: PlannedPart[] = []
  let open: Stretch[] = []
  let openBytes = 0
  const close = () => {
    if (openBytes > 0) parts.push({ gather: open, size: openBytes })
    open = []
    openBytes = 0
  }
  const gather = (piece: SizedPiece, start: number, end: number) => {
    for (let at = start; at < end; ) {
      // Cut only where the rest is a part, too: a short rest would take from the next piece, and that one from the next.
      const cut = openBytes + (end - at) >= gatherBytes + least
      const stop = cut ? Math.max(at, at + gatherBytes - openBytes) : end
      if (stop > at) open.push(stretch(piece, at, stop))
      openBytes += stop - at
      at = stop
      if (cut) close()
    }
  }

  for (const piece of pieces) {
    const size = sizeOf(piece)
    const lacking = openBytes === 0 ? 0 : Math.max(0, least - openBytes)
    if ('bytes' in piece || size - lacking < least) {
      gather(piece, 0, size)
      continue
    }
    gather(piece, 0, lacking)
    close()
    for (const [start, end] of copyRanges(lacking, size)) parts.push({ copy: { ...withoutSize(piece), start, end, size } })
  }
  close()
  return parts
}

const withoutSize = ({ key, etag }: { readonly key: string; readonly etag: string }) => ({ key, etag })

function stretch(piece: SizedPiece, start: number, end: number): Stretch {
  if ('bytes' in piece) return { bytes: piece.bytes.subarray(start, end) }
  return { ...withoutSize(piece), start, end, size: piece.size }
}

/** Even ranges: cut at the limit, the last one could be too small for a part. */
function copyRanges(start: number, end: number): [start: number, end: number][] {
  const count = Math.ceil((end - start) / copyBytesAtMost)
  const bytes = Math.ceil((end - start) / count)
  return Array.from({ length: count }, (_, index) => [start + index * bytes, Math.min(end, start + (index + 1) * bytes)])
}
