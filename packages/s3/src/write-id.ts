/** The metadata key of a write's random id, `x-amz-meta-millrace-write`: a write whose answer was lost is known again by it. */
export const writeIdKey = 'millrace-write'
