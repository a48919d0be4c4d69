/** Where things are that are named without saying so. */
export interface At {
  /** `*` for any. */
  readonly region: string
  /** 12 digits, or `*` for any. */
  readonly account: string
}

/** A function's ARN, without version or alias, from that or its name. */
export function functionArn(text: string, { region, account }: At): string {
  if (text.startsWith('arn:')) return text.split(':').slice(0, 7).join(':')
  return `arn:aws:lambda:${region}:${account}:function:${text}`
}

/** The streams of a function's log group, from the same. */
export function logsArn(text: string, at: At): string {
  const [, partition, , region, account, , name] = functionArn(text, at).split(':')
  return `arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/${name}:*`
}

/**
 * A queue's ARN, from that, its name or its address (`https://sqs.eu-west-2.amazonaws.com/123456789012/orders`).
 */
export function queueArn(text: string, { region, account }: At): string {
  if (text.startsWith('arn:')) return text
  const address = /^https:\/\/sqs\.([a-z0-9-]+)\.[^/]+\/(\d{12})\/([^/?#]+)$/.exec(text)
  return address ? `arn:aws:sqs:${address[1]}:${address[2]}:${address[3]}` : `arn:aws:sqs:${region}:${account}:${text}`
}

/** What lies in a bucket, from its ARN, its name or a place. */
export const objectsArn = (text: string): string =>
  `arn:aws:s3:::${text.replace(/^(arn:[^:]+:s3:::|s3:\/\/)/, '').replace(/\/?$/, '')}/*`

/** A resource's ARN, from that or its name behind a beginning such as `project/`. */
export const namedArn = (service: string, beginning: string, text: string, { region, account }: At): string =>
  text.startsWith('arn:') ? text : `arn:aws:${service}:${region}:${account}:${beginning}${text}`

/** ARNs begin otherwise in China and GovCloud. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export function inPartition(arn: string, { region }: At): string {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  return arn.replace(/^arn:aws:/, `arn:${partition}:`)
}
