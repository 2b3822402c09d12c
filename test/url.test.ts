import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseUrl } from '../src/url.ts'

test('a URL with a name outside ASCII is one, however often it is read', () => {
  const read = () => parseUrl('https://bücher.example/x')?.hostname === 'xn--bcher-kva.example'
  expect(Array.from({ length: 20_000 }, read)).not.toContain(false)
  expect(parseUrl('https://')).toBeUndefined()
})

test('nothing asks URL.canParse, which forgets that', () => {
  const source = join(import.meta.dirname, '../src')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const asking = files.filter((file) => readFileSync(join(source, file), 'utf8').includes('URL.canParse('))
  expect(asking).toEqual([])
})
