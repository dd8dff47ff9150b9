import { describe, expect, test } from 'vitest'
import { parseUrl } from '../../src/base/parse-url.ts'

const SEGMENTS = ['', '.', '..', '%2e', '.%2E', 'a', '.a', 'a.', '..a', 'a:', '...']

/** The path state of the URL Standard, segment by segment. */
function expectedPath(path: string): string {
  const output: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    const dots = segment.toLowerCase().replaceAll('%2e', '.')
    if (dots === '..') output.pop()
    if (dots !== '..' && dots !== '.') output.push(segment)
    else if (isLast) output.push('')
  }
  return `/${output.join('/')}`
}

function pathsOf(length: number): string[] {
  const shorter = length === 0 ? [''] : pathsOf(length - 1)
  return length === 0 ? shorter : shorter.flatMap((path) => SEGMENTS.map((segment) => `${path}/${segment}`))
}

describe('parseUrl', () => {
  test('no path keeps a dot segment, and every other path is what a parser makes of it', () => {
    const wrong = [1, 2, 3, 4, 5]
      .flatMap(pathsOf)
      .filter((path) => parseUrl(`https://app.example${path}`)?.pathname !== expectedPath(path))
    expect(wrong).toEqual([])
  })

  test.each([
    ['https://app.example/a/.b/../c?x=/../#/..', 'https://app.example/a/c?x=/../#/..'],
    ['com.example.app:/a/.b/../c', 'com.example.app:/a/c'],
    ['mailto:..', 'mailto:..'],
    ['urn:a/../b', 'urn:a/../b'],
    ['https://app.example', 'https://app.example/'],
  ])('%s is %s', (text, href) => {
    expect(parseUrl(text)?.href).toBe(href)
  })

  test.each(['', 'app.example', '//app.example/', 'https://', 'https://a b/'])('%j is no URL', (text) => {
    expect(parseUrl(text)).toBeUndefined()
  })
})
