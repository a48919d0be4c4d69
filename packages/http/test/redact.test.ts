import { describe, expect, it } from 'vitest'
import { redactUrl } from '../src/index.js'

describe('an address in a log', () => {
  it.each([
    'key',
    'api_key',
    'apikey',
    'API-Key',
    'token',
    'access_token',
    'password',
    'signature',
    'X-Amz-Signature',
    'sig',
    'client_secret',
  ])('does not show the value of %s', name => {
    expect(redactUrl(`https://example.org/a?page=1&${name}=abcdef`)).toBe(`https://example.org/a?page=1&${name}=***`)
  })

  it('shows everything else as it was sent', () => {
    const url = 'https://example.org/v2/country/TCD;ETH/indicator/SP.POP.TOTL?date=2000:2010&keyword=a+b&monkey=1&sort_keys=2'

    expect(redactUrl(url)).toBe(url)
  })

  it('does not show user, password and fragment', () => {
    expect(redactUrl('https://user:secret@example.org/a#token=1')).toBe('https://example.org/a')
  })

  it('hides what the caller says is secret', () => {
    expect(redactUrl('https://example.org/a?licence=abcdef', ['Licence'])).toBe('https://example.org/a?licence=***')
  })
})
