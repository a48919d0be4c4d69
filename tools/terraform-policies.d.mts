/** The types of `terraform-policies.mjs`, for the tests. */
export const policies: Readonly<Record<string, readonly string[]>>
export function policyFor(args: readonly string[]): Promise<string>
