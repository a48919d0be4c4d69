// Events that start functions, in the shape the services document, with names and values of our own.

const record = (object: object, more: object = {}) => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  awsRegion: 'eu-west-2',
  eventTime: '2026-03-01T09:15:00.000Z',
  eventName: 'ObjectCreated:Put',
  userIdentity: { principalId: 'EXAMPLE' },
  requestParameters: { sourceIPAddress: '127.0.0.1' },
  responseElements: { 'x-amz-request-id': 'EXAMPLE123456789' },
  s3: {
    s3SchemaVersion: '1.0',
    configurationId: 'files',
    bucket: { name: 'arrivals', ownerIdentity: { principalId: 'EXAMPLE' }, arn: 'arn:aws:s3:::arrivals' },
    object: { key: 'raw/orders.csv', size: 1024, eTag: '0123456789abcdef', sequencer: '0A1B2C3D4E5F678901', ...object },
  },
  ...more,
})

/**
 * A notification of S3 that objects were created, one record for each. Keys are encoded as in a form.
 *
 * @param objects - What differs from a sample: `{ key, eTag, size, versionId, sequencer }`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html (read 2026-11)
 */
export const s3Notification = (...objects: readonly object[]) => ({ Records: objects.map(object => record(object)) })
/** One that an object was removed. */
export const s3Removal = (object: object) => ({ Records: [record(object, { eventName: 'ObjectRemoved:Delete' })] })

/** What S3 sends when notifications are set up. */
export const s3TestEvent = {
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: '2026-03-01T09:15:00.000Z',
  Bucket: 'arrivals',
  RequestId: '5582815E1AEA5ADF',
  HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
}

/**
 * An event of EventBridge.
 *
 * @param more - What differs from a sample: `{ id, source, 'detail-type', time, detail }`.
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html (read 2026-11)
 */
export const busEvent = (more: object = {}) => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Order Placed',
  source: 'com.example.orders',
  account: '111122223333',
  time: '2026-03-01T09:15:00Z',
  region: 'eu-west-2',
  resources: [],
  detail: {},
  ...more,
})

/** A moment of a scheduled rule of EventBridge. */
export const ruleSchedule = busEvent({
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  resources: ['arn:aws:events:eu-west-2:111122223333:rule/every-hour'],
})

/**
 * An event of S3 on EventBridge: an object was created. Its key is as it is.
 *
 * @param object - What differs of the object: `{ key, etag, size, 'version-id' }`.
 * @param more - What differs of the event.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html (read 2026-11)
 */
export const s3BusEvent = (object: object = {}, more: object = {}) =>
  busEvent({
    'detail-type': 'Object Created',
    source: 'aws.s3',
    resources: ['arn:aws:s3:::arrivals'],
    detail: {
      version: '0',
      bucket: { name: 'arrivals' },
      object: {
        key: 'raw/a+b c.csv',
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        sequencer: '617f08299329d189',
        ...object,
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '111122223333',
      reason: 'PutObject',
    },
    ...more,
  })

/**
 * A message of SQS in a batch.
 *
 * @param body - As text, or as what is sent as JSON.
 * @param attributes - Those of SQS: `{ MessageGroupId }`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html (read 2026-11)
 */
export const sqsRecord = (messageId: string, body: unknown, attributes: object = {}) => ({
  messageId,
  receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1545082649183',
    SenderId: 'AIDAIENQZJOLO23YVJ4VO',
    ApproximateFirstReceiveTimestamp: '1545082649185',
    ...attributes,
  },
  messageAttributes: {},
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-2:123456789012:files',
  awsRegion: 'eu-west-2',
})
/** A batch of messages. */
export const sqsEvent = (...records: readonly object[]) => ({ Records: records })

/**
 * A message of SNS.
 *
 * @param message - What is sent as JSON.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html (read 2026-11)
 */
export const snsEvent = (message: unknown) => ({
  Records: [
    {
      EventVersion: '1.0',
      EventSubscriptionArn: 'arn:aws:sns:eu-west-2:123456789012:files:21be56ed-a058-49f5-8c98-aedd2564c486',
      EventSource: 'aws:sns',
      Sns: {
        MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
        Message: JSON.stringify(message),
        MessageAttributes: { kind: { Type: 'String', Value: 'file' } },
        Type: 'Notification',
        TopicArn: 'arn:aws:sns:eu-west-2:123456789012:files',
        Subject: null,
      },
    },
  ],
})

/**
 * A request to a function URL.
 *
 * @param more - What differs from a sample: `{ headers, queryStringParameters, body, isBase64Encoded }`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (payload format 2.0, read 2026-11)
 */
export const urlRequest = (more: object = {}, method = 'POST') => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/loads',
  rawQueryString: '',
  headers: { 'Content-Type': 'application/json' },
  requestContext: {
    accountId: '123456789012',
    domainName: 'example.lambda-url.eu-west-2.on.aws',
    http: { method, path: '/loads', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
    requestId: 'id',
    stage: '$default',
    timeEpoch: 1583348638390,
  },
  isBase64Encoded: false,
  ...more,
})
