import { slugPattern } from '../../src/config/config.ts'

interface PathTemplate {
  readonly path: string
  readonly providers?: readonly string[] | undefined
}

/** Is there a path that both templates accept? */
export function pathsOverlap(left: PathTemplate, right: PathTemplate): boolean {
  const rights = right.path.split('/')
  const lefts = left.path.split('/')
  return (
    lefts.length === rights.length &&
    lefts.every((one, index) => {
      const other = rights[index] ?? ''
      if (one === '{provider}' && other === '{provider}')
        return !left.providers || !right.providers || left.providers.some((slug) => accepts(right, slug))
      if (one === '{provider}') return accepts(left, other)
      return other === '{provider}' ? accepts(right, one) : one === other
    })
  )
}

function accepts({ providers }: PathTemplate, slug: string): boolean {
  return slugPattern.test(slug) && (providers?.includes(slug) ?? true)
}
