import { Agent } from 'node:http'
import { connect } from 'node:net'
import type { S3Credentials } from './auth/authenticate.js'

/** What a client is made with that takes the test server for AWS. */
export interface AwsClientConfig {
  readonly endpoint: string
  readonly region: string
  readonly credentials: S3Credentials
  readonly requestHandler: { readonly httpAgent: Agent }
}

/** The host name of S3 in a region. */
export const awsHostOf = (region: string): string => `s3.${region}.amazonaws.com`

/** The real host name, so that a client has its manners for AWS; its connections end at the server. */
export function awsConfigOf(port: number, region: string, credentials: S3Credentials): AwsClientConfig {
  const httpAgent = new Agent({ keepAlive: true })
  httpAgent.createConnection = () => connect(port, '127.0.0.1')
  return { endpoint: `http://${awsHostOf(region)}`, region, credentials: { ...credentials }, requestHandler: { httpAgent } }
}
